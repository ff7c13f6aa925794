# Holds the headers while it reads the body, and searches with regular expressions.
ABI := 0_2_100
LIBRARIES := re2

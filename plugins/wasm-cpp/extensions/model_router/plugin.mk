# Holds the headers while it reads the body.
ABI := 0_2_100

# Holds the headers while it reads the body: a status of ABI 0.2.100.
ABI := 0_2_100

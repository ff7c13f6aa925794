# Holds the headers while it reads the body of a token request.
ABI := 0_2_100
LIBRARIES := mbedtls sodium

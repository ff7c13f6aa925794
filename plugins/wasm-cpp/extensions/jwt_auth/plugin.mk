LIBRARIES := mbedtls sodium

LIBRARIES := mbedtls

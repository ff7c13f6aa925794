/* The three helpers of libsodium that its Ed25519 asks for, without the rest of its utilities. */
#include <stddef.h>

void sodium_memzero(void *const pnt, const size_t len) {
  volatile unsigned char *bytes = (volatile unsigned char *)pnt;
  for (size_t index = 0; index < len; ++index) {
    bytes[index] = 0;
  }
}

int sodium_memcmp(const void *const b1_, const void *const b2_, size_t len) {
  const unsigned char *a = (const unsigned char *)b1_;
  const unsigned char *b = (const unsigned char *)b2_;
  volatile unsigned char difference = 0;
  for (size_t index = 0; index < len; ++index) {
    difference = difference | (a[index] ^ b[index]);
  }
  return difference == 0 ? 0 : -1;
}

int sodium_is_zero(const unsigned char *n, const size_t nlen) {
  volatile unsigned char any = 0;
  for (size_t index = 0; index < nlen; ++index) {
    any = any | n[index];
  }
  return any == 0;
}

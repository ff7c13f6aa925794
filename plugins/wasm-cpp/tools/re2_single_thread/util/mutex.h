// Locks for RE2 in a WebAssembly module, which has one thread: every lock is empty.
//
// This file stands first on the include path when RE2 is compiled for wasm (see library.py), so
// that RE2 asks for no threads library. The names are those RE2's own sources use.
#pragma once

namespace re2 {

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() {}
  void Unlock() {}
  void ReaderLock() {}
  void ReaderUnlock() {}
  void WriterLock() {}
  void WriterUnlock() {}
};

class MutexLock {
 public:
  explicit MutexLock(Mutex*) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
};

using ReaderMutexLock = MutexLock;
using WriterMutexLock = MutexLock;

}  // namespace re2

// A lock object without a name would unlock at once; make that an error as RE2 does.
#define MutexLock(x) static_assert(false, "MutexLock declaration missing variable name")
#define ReaderMutexLock(x) static_assert(false, "ReaderMutexLock declaration missing variable name")
#define WriterMutexLock(x) static_assert(false, "WriterMutexLock declaration missing variable name")

#pragma once
// How the kernel's scheduler treats the calling thread.

namespace wasmgate {

/// Asks that the calling thread runs soon after it wakes up, also when a thread with longer work
/// holds its processor; its share of the processor stays what it was. Needs no privilege. Without
/// effect where the kernel cannot do it (before Linux 6.12).
void run_soon_after_waking();

/// Gives the calling thread, and threads and processes that it makes from now on, about a tenth of
/// the share it had where it competes for a processor. Once per thread, and for good: without
/// privilege there is no way back.
void run_in_background();

}  // namespace wasmgate

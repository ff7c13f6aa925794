#pragma once
// Runs a frame case through a codec, cut in a given way. Shared with the fuzz targets.

#include <string>
#include <vector>

#include "frame_script.h"
#include "recorders.h"

namespace wasmgate::http::conformance {

struct FrameOutcome {
  std::string events;               // with what was sent, as the README says
  std::vector<std::string> faults;  // what the runner's own checks found
};

FrameOutcome run_frames(const FrameCase& test, const Cutter& cutter);

}  // namespace wasmgate::http::conformance

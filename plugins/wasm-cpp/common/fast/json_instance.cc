// The JSON library's class for fast builds, so that no plug-in's own object has it (nlohmann_json.hpp).
#include "nlohmann_json.hpp"

template class nlohmann::basic_json<>;

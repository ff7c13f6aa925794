// nlohmann/json as plug-ins include it. Exceptions are off in wasm builds: read only what was checked.
#pragma once

#include <nlohmann/json.hpp>

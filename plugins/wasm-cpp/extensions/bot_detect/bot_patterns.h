// Recognises crawlers by their User-Agent, without configuration.
#pragma once

#include <string_view>

/// True when `user_agent` names a known crawler, or carries a word that only crawlers use.
bool isKnownBot(std::string_view user_agent);

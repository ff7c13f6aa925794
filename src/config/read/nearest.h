#pragma once
// "Did you mean …": the known word that an unknown one was probably meant to be.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wasmgate::config {

/// The number of single-character insertions, deletions, replacements and swaps of neighbours
/// between two words, letter case ignored.
size_t edit_distance(std::string_view a, std::string_view b);

/// The closest of `known` when it is close enough (a third of the word's length, at least one
/// edit), else empty.
std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace wasmgate::config

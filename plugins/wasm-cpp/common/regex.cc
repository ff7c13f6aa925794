#include "regex.h"

#include <algorithm>

namespace Wasm::Common::Regex {
namespace {

constexpr int kMaxProgramSize = 100;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

std::string too_complex(const std::string& pattern) { return "too complex regex: " + pattern; }

}  // namespace

CompiledGoogleReMatcher::CompiledGoogleReMatcher(const std::string& pattern, bool do_size_check)
    : regex_(pattern, re2::RE2::Quiet) {
  if (!regex_.ok()) {
    error_ = regex_.error();
  } else if (do_size_check && regex_.ProgramSize() > kMaxProgramSize) {
    error_ = too_complex(pattern);
  }
}

bool CompiledGoogleReMatcher::match(std::string_view value) const {
  return re2::RE2::FullMatch(piece(value), regex_);
}
bool CompiledGoogleReMatcher::search(std::string_view value) const {
  return re2::RE2::PartialMatch(piece(value), regex_);
}
std::string CompiledGoogleReMatcher::replaceAll(std::string_view value,
                                                std::string_view substitution) const {
  std::string result(value);
  re2::RE2::GlobalReplace(&result, regex_, piece(substitution));
  return result;
}

std::string RegexSet::add(const std::string& pattern, bool case_sensitive) {
  const CompiledGoogleReMatcher checked(pattern);
  if (!checked.error().empty()) {
    return checked.error();
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_case_sensitive(case_sensitive);
  int id = 0;
  if (filter_->Add(piece(pattern), options, &id) != re2::RE2::NoError) {
    return "cannot be compiled: " + pattern;
  }
  ++count_;
  return "";
}

void RegexSet::compile() {
  std::vector<std::string> atoms;
  if (count_ != 0) {
    filter_->Compile(&atoms);
  }
  // RE2 gives the texts in lower case.
  atoms_ = wasmgate::sdk::PatternSet(atoms, false);
}

bool RegexSet::search(std::string_view text) const {
  if (count_ == 0) {
    return false;
  }
  // Outside ASCII, RE2's case folding knows more letters than the pass over the texts does.
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) {
    return filter_->SlowFirstMatch(piece(text)) >= 0;
  }
  std::vector<int> found;
  atoms_.each_in(text, [&](size_t atom) { found.push_back(static_cast<int>(atom)); });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return filter_->FirstMatch(piece(text), found) >= 0;
}

}  // namespace Wasm::Common::Regex

#include "cli/result_printer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "artifact/file_io.h"
#include "cli/exit_codes.h"

namespace wasmgate::cli {
namespace {

void print_json(const std::vector<ResultField>& fields, Console& console) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const ResultField& field : fields) {
    json[field.key] = field.value;
  }
  console.out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace

void print_result(const std::vector<ResultField>& fields, const std::string& output,
                  Console& console) {
  if (output == "json") {
    print_json(fields, console);
    return;
  }
  size_t width = 0;
  for (const ResultField& field : fields) {
    width = field.value.empty() ? width : std::max(width, field.label.size());
  }
  for (const ResultField& field : fields) {
    if (!field.label.empty() && !field.value.empty()) {
      console.out << fmt::format("{:<{}}  {}\n", field.label, width, field.value);
    }
  }
}

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Corrupt:
    case ErrorCode::Malformed:
    case ErrorCode::Unverified:
      return kMismatch;
    case ErrorCode::Refused:
      return kDenied;
    case ErrorCode::NotFound:
      return kNotFound;
    case ErrorCode::Unavailable:
    case ErrorCode::Protocol:
      return kNetwork;
    case ErrorCode::Timeout:
      return kTimedOut;
    case ErrorCode::InvalidArgument:
      return kUsage;
    case ErrorCode::Cancelled:
      return kInterrupted;
    case ErrorCode::AlreadyExists:
    case ErrorCode::LimitExceeded:
    case ErrorCode::Unsupported:
    case ErrorCode::Internal:
      break;
  }
  return kFailed;
}

int report_failure(const std::string& command, const Error& error, Console& console) {
  console.err << "wasmgate " << command << ": " << error.detail << "\n";
  return exit_code_of(error.code);
}

void print_next(const std::string& command_line, Console& console) {
  console.err << "next:   " << command_line << "\n";
}

Result<void> write_digest_file(const std::string& file, const std::string& digest) {
  return file.empty() ? Result<void>{} : artifact::write_file(file, digest + "\n", 0644);
}

}  // namespace wasmgate::cli

#pragma once
// For tests: a registry behind the Fetcher port, in memory, that can be told to misbehave; a
// sleeper that moves the clock by hand.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "artifact/fetcher.h"
#include "artifact/ports.h"
#include "oci/image_builder.h"
#include "oci/reference.h"

namespace wasmgate::artifact {

class FakeRegistry final : public Fetcher {
 public:
  struct Answer {
    int status = 200;
    FetchHeaders headers;
    std::string body;
    std::string peer = "203.0.113.9";
  };
  using Rule = std::function<std::optional<Result<Answer>>(const FetchRequest&)>;

  Result<FetchResponse> fetch(const FetchRequest& request, const BodySink& sink) override {
    requests.push_back(request.method + " " + request.url);
    authorizations.push_back("");
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") {
        authorizations.back() = value;
      }
    }
    rules_seen.push_back(request.addresses);
    Result<Answer> answer = answer_to(request);
    if (!answer) {
      return tl::unexpected(answer.error());
    }
    if (!answer->body.empty() && request.method != "HEAD" && !sink(answer->body)) {
      return fail(ErrorCode::Cancelled, "stopped");
    }
    return FetchResponse{answer->status, answer->peer, answer->headers};
  }

  void add(const std::string& reference, const oci::Image& image) {
    const oci::Reference parsed = *oci::parse_reference(reference);
    const std::string base = "https://" + parsed.host + "/v2/" + parsed.repository;
    const Answer manifest{
        200, {{"Content-Type", image.manifest_descriptor.media_type}}, image.manifest};
    answers[base + "/manifests/" + parsed.target()] = manifest;
    answers[base + "/manifests/" + image.manifest_descriptor.digest.to_string()] = manifest;
    for (const oci::Blob& blob : image.blobs) {
      answers[base + "/blobs/" + blob.descriptor.digest.to_string()] = {200, {}, blob.bytes};
    }
  }

  size_t count(const std::string& part) const {
    size_t n = 0;
    for (const std::string& request : requests) {
      n += request.find(part) != std::string::npos ? 1 : 0;
    }
    return n;
  }

  std::map<std::string, Answer> answers;  // by URL
  std::vector<Rule> rules;                // asked first
  bool down = false;
  std::vector<std::string> requests;
  std::vector<std::string> authorizations;
  std::vector<AddressRule> rules_seen;

 private:
  Result<Answer> answer_to(const FetchRequest& request) {
    if (down) {
      return fail(ErrorCode::Unavailable, "connection refused", ErrorSource::Upstream, true);
    }
    for (const Rule& rule : rules) {
      if (auto answer = rule(request)) {
        return *answer;
      }
    }
    const auto known = answers.find(request.url);
    return known != answers.end() ? known->second : Answer{404, {}, ""};
  }
};

class ClockSleeper final : public Sleeper {
 public:
  explicit ClockSleeper(ManualClock& clock) : clock_(clock) {}
  bool sleep(Duration time) override {
    slept += time;
    clock_.advance(time);
    return true;
  }
  Duration slept{0};

 private:
  ManualClock& clock_;
};

/// A fresh folder, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace wasmgate::artifact

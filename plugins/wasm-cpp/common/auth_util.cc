#include "auth_util.h"

namespace wasmgate::sdk {

void remove_client_consumer() {
  const auto earlier = getProperty<std::string_view>({kConsumerProperty});
  if (!earlier || (*earlier)->size() == 0) {
    removeRequestHeader(kConsumerHeader);
  }
}

void set_consumer(std::string_view name) {
  replaceRequestHeader(kConsumerHeader, name);
  setFilterState(kConsumerProperty, name);
}

std::string challenge(std::string_view scheme, std::string_view realm) {
  std::string value(scheme);
  value += " realm=\"";
  for (const char c : realm) {
    if (c == '"' || c == '\\') {
      value += '\\';
    }
    value += c;
  }
  return value += '"';
}

bool is_admitted(const std::string& consumer, const AllowList& allow) {
  return consumer.empty() || !allow || allow->get().count(consumer) != 0;
}

}  // namespace wasmgate::sdk

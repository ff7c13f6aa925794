// HTTP dates (RFC 9110 §5.6.7), for http_util.h.

#include <array>

#include "common_util.h"
#include "http_util.h"

namespace Wasm::Common::Http {
namespace {

/// Takes a date apart from left to right; the first mismatch makes everything after it fail.
class DateScanner {
 public:
  explicit DateScanner(std::string_view text) : rest_(text) {}

  /// A number of `least` to `most` digits.
  int number(size_t least, size_t most) {
    int value = 0;
    size_t count = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      value = value * 10 + (rest_[count++] - '0');
    }
    ok_ = ok_ && count >= least;
    rest_.remove_prefix(count);
    return value;
  }
  void expect(std::string_view text) {
    ok_ = ok_ && rest_.substr(0, text.size()) == text;
    rest_.remove_prefix(ok_ ? text.size() : 0);
  }
  /// Letters; whatever follows stays.
  std::string_view word() {
    size_t count = 0;
    while (count < rest_.size() && toLower(rest_[count]) >= 'a' && toLower(rest_[count]) <= 'z') {
      ++count;
    }
    const std::string_view letters = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return letters;
  }
  /// 1 to 12.
  int month() {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string_view name = word();
    for (size_t index = 0; index < kMonths.size(); ++index) {
      if (name == kMonths[index]) {
        return static_cast<int>(index) + 1;
      }
    }
    ok_ = false;
    return 0;
  }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct DateFields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void scan_time(DateScanner& scanner, DateFields& fields) {
  fields.hour = scanner.number(2, 2);
  scanner.expect(":");
  fields.minute = scanner.number(2, 2);
  scanner.expect(":");
  fields.second = scanner.number(2, 2);
}

/// Days from 1970-01-01 to the first of March of `year`, then on: the calendar with March first.
int64_t days_from_epoch(const DateFields& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = year / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t month = (date.month + 9) % 12;
  const int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

bool in_range(const DateFields& date) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (date.month < 1 || date.month > 12 || date.year < 1970 || date.year > 9999) {
    return false;
  }
  const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
  const int last = kDays[date.month - 1] + (date.month == 2 && leap ? 1 : 0);
  return date.day >= 1 && date.day <= last && date.hour <= 23 && date.minute <= 59 &&
         date.second <= 60;
}

}  // namespace

std::optional<SystemTime> httpTime(std::string_view date) {
  DateScanner scanner(date);
  DateFields fields;
  scanner.word();
  if (scanner.next_is(',')) {
    // "Sun, 06 Nov 1994 08:49:37 GMT", with spaces or dashes; two digits of year in RFC 850.
    scanner.expect(", ");
    fields.day = scanner.number(2, 2);
    const std::string_view separator = scanner.next_is('-') ? "-" : " ";
    scanner.expect(separator);
    fields.month = scanner.month();
    scanner.expect(separator);
    fields.year = scanner.number(2, 4);
    fields.year += fields.year < 70 ? 2000 : fields.year < 100 ? 1900 : 0;
    scanner.expect(" ");
    scan_time(scanner, fields);
    scanner.expect(" GMT");
  } else {
    // asctime: "Sun Nov  6 08:49:37 1994".
    scanner.expect(" ");
    fields.month = scanner.month();
    while (scanner.next_is(' ')) {
      scanner.expect(" ");
    }
    fields.day = scanner.number(1, 2);
    scanner.expect(" ");
    scan_time(scanner, fields);
    scanner.expect(" ");
    fields.year = scanner.number(4, 4);
  }
  if (!scanner.finished() || !in_range(fields)) {
    return std::nullopt;
  }
  const int64_t seconds =
      days_from_epoch(fields) * 86400 + fields.hour * 3600 + fields.minute * 60 + fields.second;
  return SystemTime(std::chrono::seconds(seconds));
}

}  // namespace Wasm::Common::Http

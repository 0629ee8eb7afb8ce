#include "common/json.h"

#include <algorithm>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/JSONException.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/JSONString.h>
#include <Poco/UTF8Encoding.h>

namespace raft {

struct JsonObject::Impl {
  Poco::JSON::Object::Ptr object;
};

namespace {

using Poco::Dynamic::Var;

// Poco reads 2^64 and the next three numbers as 0 to 3. True if one of them
// stands in `text`, which is JSON, outside of a string.
bool has_misread_number(std::string_view text) {
  constexpr std::string_view kBegin = "1844674407370955161";  // and 6 to 9
  if (text.find(kBegin) == std::string_view::npos) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      while (text[++at] != '"') {
        if (text[at] == '\\') ++at;
      }
    } else if ('0' <= text[at] && text[at] <= '9') {
      const std::size_t end =
          std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
      const std::string_view number = text.substr(at, end - at);
      if (number.size() == kBegin.size() + 1 && number.starts_with(kBegin) &&
          '6' <= number.back() && number.back() <= '9') {
        return true;
      }
      at = end - 1;
    }
  }
  return false;
}

// Poco's complaint quotes single bytes of the text, halves of characters too,
// and numbers of any length.
std::string printable(std::string text) {
  constexpr std::size_t kBytesMax = 100;
  if (text.size() > kBytesMax) text = text.substr(0, kBytesMax) + "...";
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

std::string type_of(const Var& value) {
  if (value.isEmpty()) return "null";
  if (value.isString()) return "a string";
  if (value.isBoolean()) return "true or false";
  if (value.isNumeric()) return "a number";
  if (value.type() == typeid(Poco::JSON::Array::Ptr)) return "an array";
  return "an object";
}

Error wrong_type(const std::string& name,
                 const std::string& expected,
                 const Var& found) {
  return {"field \"" + name + "\" must be " + expected + ", not " +
          type_of(found)};
}

// True if `text` stands in JSON as it is, but for the quotes around it.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return ' ' <= c && c <= '~' && c != '"' && c != '\\' && c != '/';
  });
}

}  // namespace

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&text[at]);
    if (*bytes < 0x80) {
      ++at;
      continue;
    }
    const int length = *bytes < 0xE0 ? 2 : *bytes < 0xF0 ? 3 : 4;
    const auto size = static_cast<std::size_t>(length);
    if (text.size() - at < size) return at;
    if (!Poco::UTF8Encoding::isLegal(bytes, length)) return at;
    at += size;
  }
  return std::nullopt;
}

JsonObject::JsonObject(std::shared_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}

Result<JsonObject> JsonObject::parse(std::string_view text) {
  // Poco's parser refuses such text too, but for a reason that would send the
  // reader astray.
  if (const auto at = first_bad_utf8(text)) {
    return failure("not valid UTF-8 at byte " + std::to_string(*at));
  }
  // One parser a thread: building one costs as much as a small request.
  thread_local Poco::JSON::Parser parser;
  try {
    parser.reset();
    const Var value = parser.parse(std::string(text));
    if (has_misread_number(text)) {
      return failure("a number is above 18446744073709551615");
    }
    if (value.type() != typeid(Poco::JSON::Object::Ptr)) {
      return failure("must be a JSON object, not " + type_of(value));
    }
    return JsonObject(std::make_shared<const Impl>(
        Impl{value.extract<Poco::JSON::Object::Ptr>()}));
  } catch (const Poco::Exception& exception) {
    const auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return failure("empty, not JSON");
    const bool scalar =
        std::string_view("\"-0123456789tfn").find(text[start]) !=
        std::string_view::npos;
    if (scalar) return failure("must be a JSON object");
    return failure("not JSON: " + printable(exception.message()));
  }
}

bool JsonObject::has(const std::string& name) const {
  return impl_->object->has(name);
}

Result<std::string> JsonObject::string(const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (!value.isString()) {
    return tl::make_unexpected(wrong_type(name, "a string", value));
  }
  return value.extract<std::string>();
}

Result<std::optional<std::string>> JsonObject::string_or_null(
    const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (value.isEmpty()) return std::optional<std::string>();
  if (!value.isString()) {
    return tl::make_unexpected(wrong_type(name, "a string or null", value));
  }
  return std::optional<std::string>(value.extract<std::string>());
}

Result<std::uint64_t> JsonObject::number(const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  const std::string expected = "an integer from 0 to 18446744073709551615";
  if (value.isBoolean() || !value.isInteger()) {
    return tl::make_unexpected(wrong_type(name, expected, value));
  }
  try {
    return value.convert<std::uint64_t>();
  } catch (const Poco::Exception&) {
    return failure("field \"" + name + "\" must be " + expected);
  }
}

Result<double> JsonObject::real(const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (value.isBoolean() || !value.isNumeric()) {
    return tl::make_unexpected(wrong_type(name, "a number", value));
  }
  return value.convert<double>();
}

Result<std::vector<std::uint64_t>> JsonObject::numbers(
    const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (value.type() != typeid(Poco::JSON::Array::Ptr)) {
    return tl::make_unexpected(wrong_type(name, "an array", value));
  }
  std::vector<std::uint64_t> result;
  for (const Var& item : *value.extract<Poco::JSON::Array::Ptr>()) {
    try {
      if (item.isEmpty() || item.isBoolean() || !item.isInteger()) {
        return failure("field \"" + name + "\" must hold only integers, not " +
                       type_of(item));
      }
      result.push_back(item.convert<std::uint64_t>());
    } catch (const Poco::Exception&) {
      return failure("field \"" + name + "\" holds a number below 0");
    }
  }
  return result;
}

Result<bool> JsonObject::boolean(const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (!value.isBoolean()) {
    return tl::make_unexpected(wrong_type(name, "true or false", value));
  }
  return value.extract<bool>();
}

Result<JsonObject> JsonObject::object(const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (value.type() != typeid(Poco::JSON::Object::Ptr)) {
    return tl::make_unexpected(wrong_type(name, "an object", value));
  }
  return JsonObject(std::make_shared<const Impl>(
      Impl{value.extract<Poco::JSON::Object::Ptr>()}));
}

Result<std::vector<JsonObject>> JsonObject::objects(
    const std::string& name) const {
  if (!has(name)) return failure("field \"" + name + "\" is missing");
  const Var value = impl_->object->get(name);
  if (value.type() != typeid(Poco::JSON::Array::Ptr)) {
    return tl::make_unexpected(wrong_type(name, "an array", value));
  }
  std::vector<JsonObject> result;
  for (const Var& item : *value.extract<Poco::JSON::Array::Ptr>()) {
    if (item.type() != typeid(Poco::JSON::Object::Ptr)) {
      return failure("field \"" + name + "\" must hold only objects, not " +
                     type_of(item));
    }
    result.push_back(JsonObject(std::make_shared<const Impl>(
        Impl{item.extract<Poco::JSON::Object::Ptr>()})));
  }
  return result;
}

template <typename T>
T JsonFields::value_of(const Result<T>& field) {
  if (field) return *field;
  if (!error_) error_ = field.error();
  return {};
}

std::string JsonFields::string(const std::string& name) {
  return value_of(object_.string(name));
}

std::uint64_t JsonFields::number(const std::string& name) {
  return value_of(object_.number(name));
}

bool JsonFields::boolean(const std::string& name) {
  return value_of(object_.boolean(name));
}

std::vector<JsonObject> JsonFields::objects(const std::string& name) {
  return value_of(object_.objects(name));
}

void JsonFields::note(const std::optional<Error>& error) {
  if (!error_) error_ = error;
}

JsonWriter& JsonWriter::add(std::string_view name, std::string_view value) {
  begin_field(name);
  if (is_plain(value)) {
    text_ += '"';
    text_ += value;
    text_ += '"';
  } else {
    text_ += Poco::toJSON(std::string(value));
  }
  return *this;
}

JsonWriter& JsonWriter::add(std::string_view name, const char* value) {
  return add(name, std::string_view(value));
}

JsonWriter& JsonWriter::add(std::string_view name, std::uint64_t value) {
  return add_json(name, std::to_string(value));
}

JsonWriter& JsonWriter::add(std::string_view name, bool value) {
  return add_json(name, value ? "true" : "false");
}

JsonWriter& JsonWriter::add_numbers(std::string_view name,
                                    const std::vector<std::uint64_t>& values) {
  begin_field(name);
  text_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text_ += ',';
    text_ += std::to_string(values[i]);
  }
  text_ += ']';
  return *this;
}

JsonWriter& JsonWriter::add_or_null(std::string_view name,
                                    const std::optional<std::string>& value) {
  return value ? add(name, std::string_view(*value)) : add_json(name, "null");
}

JsonWriter& JsonWriter::add_objects(std::string_view name,
                                    const std::vector<JsonWriter>& objects) {
  begin_field(name);
  text_ += '[';
  for (const JsonWriter& object : objects) {
    if (&object != &objects.front()) text_ += ',';
    text_ += object.text();
  }
  text_ += ']';
  return *this;
}

JsonWriter& JsonWriter::add_json(std::string_view name, std::string_view json) {
  begin_field(name);
  text_ += json;
  return *this;
}

JsonWriter& JsonWriter::add_fields(const JsonWriter& other) {
  if (other.text_.size() == 1) return *this;
  if (text_.size() > 1) text_ += ',';
  text_.append(other.text_, 1);
  return *this;
}

void JsonWriter::begin_field(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

}  // namespace raft

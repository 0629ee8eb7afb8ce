// JSON objects, read with exact errors and written in a fixed order, on top of
// Poco::JSON. What comes in is strict JSON in valid UTF-8, at most 128 levels
// deep; what goes out is one line.
//
//   const Result<JsonObject> request = JsonObject::parse(line);
//   const Result<std::string> key = request->string("key");
//   if (!key) return bad_request(key.error().message);
//
//   JsonWriter().add("ok", true).add("value", value).text()
//
// A JsonObject is immutable and cheap to copy; threads may share it. A
// JsonWriter belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace raft {

// Where `text` stops being UTF-8; nothing if it never does.
std::optional<std::size_t> first_bad_utf8(std::string_view text);

class JsonObject {
 public:
  // Fails unless `text` is exactly one JSON object; says where it goes wrong.
  static Result<JsonObject> parse(std::string_view text);

  // True if there is such a field, null included.
  bool has(const std::string& name) const;

  // The field's value. Fails, naming the field and what was found, when it is
  // missing or of another type.
  Result<std::string> string(const std::string& name) const;
  Result<std::uint64_t> number(const std::string& name) const;
  Result<double> real(const std::string& name) const;
  Result<bool> boolean(const std::string& name) const;
  Result<std::vector<std::uint64_t>> numbers(const std::string& name) const;
  Result<JsonObject> object(const std::string& name) const;
  Result<std::vector<JsonObject>> objects(const std::string& name) const;

  // Like string(), and nothing for null.
  Result<std::optional<std::string>> string_or_null(
      const std::string& name) const;

 private:
  struct Impl;
  explicit JsonObject(std::shared_ptr<const Impl> impl);

  std::shared_ptr<const Impl> impl_;
};

// Reads many fields and complains once: a field that is missing or of another
// type reads as an empty value, and the first complaint is kept. Belongs to one
// thread; the object must outlive it.
class JsonFields {
 public:
  explicit JsonFields(const JsonObject& object) : object_(object) {}

  std::string string(const std::string& name);
  std::uint64_t number(const std::string& name);
  bool boolean(const std::string& name);
  std::vector<JsonObject> objects(const std::string& name);

  // Takes over a complaint about a part of the object.
  void note(const std::optional<Error>& error);

  // Nothing while all is well.
  const std::optional<Error>& error() const { return error_; }

 private:
  template <typename T>
  T value_of(const Result<T>& field);

  const JsonObject& object_;
  std::optional<Error> error_;
};

class JsonWriter {
 public:
  JsonWriter& add(std::string_view name, std::string_view value);
  JsonWriter& add(std::string_view name, const char* value);
  JsonWriter& add(std::string_view name, std::uint64_t value);
  JsonWriter& add(std::string_view name, bool value);
  JsonWriter& add_numbers(std::string_view name,
                          const std::vector<std::uint64_t>& values);
  // Null when there is no value.
  JsonWriter& add_or_null(std::string_view name,
                          const std::optional<std::string>& value);
  // An array.
  JsonWriter& add_objects(std::string_view name,
                          const std::vector<JsonWriter>& objects);
  // `json` is put in as it is. REQUIRES: it is valid JSON.
  JsonWriter& add_json(std::string_view name, std::string_view json);

  // All fields of `other`, after those that are there.
  JsonWriter& add_fields(const JsonWriter& other);

  // The object, without a newline.
  std::string text() const { return text_ + '}'; }

 private:
  void begin_field(std::string_view name);

  std::string text_ = "{";
};

}  // namespace raft

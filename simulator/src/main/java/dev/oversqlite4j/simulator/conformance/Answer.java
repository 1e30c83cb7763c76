package dev.oversqlite4j.simulator.conformance;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * An answer of the server.
 *
 * @param json missing if the body is no JSON
 */
record Answer(String request, int status, String contentType, String text, JsonNode json) {

  Answer ok() {
    Verdicts.require(status == 200, request + " answered " + summary() + ", not 200");
    return this;
  }

  void refused(int expected, String code) {
    Verdicts.require(
        status == expected && json.path("error").asText().equals(code),
        request + " answered " + summary() + ", not " + expected + " " + code);
    Verdicts.require(json.path("message").isTextual(), request + " has an error without a message");
  }

  void status(int expected) {
    Verdicts.require(status == expected, request + " answered " + summary() + ", not " + expected);
  }

  /** Status and code; never the body, which may hold data of the user. */
  String summary() {
    return (status + " " + json.path("error").asText()).strip();
  }

  long number(String member) {
    JsonNode value = json.path(member);
    Verdicts.require(
        value.isIntegralNumber() && value.canConvertToLong(), request + " has no number " + member);
    return value.longValue();
  }

  String string(String member) {
    Verdicts.require(json.path(member).isTextual(), request + " has no text " + member);
    return json.path(member).textValue();
  }

  boolean flag(String member) {
    Verdicts.require(json.path(member).isBoolean(), request + " has no boolean " + member);
    return json.path(member).booleanValue();
  }

  JsonNode list(String member) {
    Verdicts.require(json.path(member).isArray(), request + " has no array " + member);
    return json.path(member);
  }

  void equal(String member, String expected) {
    Verdicts.require(
        json.path(member).asText().equals(expected), request + " has another " + member);
  }

  void equal(String member, long expected) {
    Verdicts.require(
        number(member) == expected,
        request + " has " + member + " " + number(member) + ", not " + expected);
  }

  void absent(String member) {
    Verdicts.require(!json.has(member), request + " has a member " + member);
  }
}

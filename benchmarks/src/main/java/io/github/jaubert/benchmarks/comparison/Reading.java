package io.github.jaubert.benchmarks.comparison;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/**
 * One line of a measuring program, of ours or of a peer's: a work and what came out.
 *
 * <pre>{@code
 * {"work":"attention forward d64 S128","unit":"ms","value":1.23,"samples":[1.25,1.22,1.23],"flops":1.2e9,"peer":"PyTorch 2.13.0"}
 * }</pre>
 *
 * @param work the name that pairs our reading with a peer's
 * @param unit of the value: ms, us, tokens/s, sentences/s, GB/s, GF/s, MB, bytes/call, …
 * @param value the median of the samples
 * @param samples the single readings in the order they were taken; empty if there was one
 * @param flops floating point operations of one call; 0 where that has no meaning
 * @param bytes bytes that one call must read and write at least; 0 where that has no meaning
 * @param peer name and version of what was measured
 */
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
public record Reading(
    @JsonProperty(required = true) String work,
    @JsonProperty(required = true) String unit,
    @JsonInclude @JsonProperty(required = true) double value,
    List<Double> samples,
    double flops,
    double bytes,
    String peer) {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Checks that there are a name, a unit and a value.
   *
   * @throws IllegalArgumentException if one is missing
   */
  public Reading {
    if (work == null || work.isBlank() || unit == null || !Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "a reading needs work, unit and a finite value: work %s, unit %s, value %s"
              .formatted(work, unit, value));
    }
    samples = samples == null ? List.of() : List.copyOf(samples);
    peer = peer == null ? "" : peer;
  }

  /** The line, without its end. */
  public String toJson() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a reading that is no JSON: " + this, e);
    }
  }

  /**
   * Reads a line; what else it tells is left out.
   *
   * @throws IllegalArgumentException if it is no reading, with the line in the message
   */
  public static Reading parse(String line) {
    try {
      return MAPPER.readValue(line, Reading.class);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      String reason =
          e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
      throw new IllegalArgumentException("no reading: %s (%s)".formatted(line, reason), e);
    }
  }
}

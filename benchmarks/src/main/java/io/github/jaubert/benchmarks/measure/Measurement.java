package io.github.jaubert.benchmarks.measure;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a program measured of one work. Printed as a line of JSON:
 *
 * <pre>{@code
 * {"work":"attention forward d64 S128","unit":"ms","value":1.23,"samples":[1.25,1.22,1.23],"flops":1.2E9,"peer":"PyTorch 2.13.0"}
 * }</pre>
 *
 * @param work the name that pairs our figure with a peer's
 * @param unit of the value: ms, us, tokens/s, sentences/s, GB/s, GF/s, MB, bytes/call, …
 * @param value the median of the samples
 * @param samples in the order they were taken; empty if there was one
 * @param flops floating-point operations of one call; 0, and left out, where that has no meaning
 * @param bytes what one call must read and write at least; 0 likewise
 * @param peer who computed, with versions
 */
public record Measurement(
    @JsonProperty(required = true) String work,
    @JsonProperty(required = true) String unit,
    @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL) double value,
    double[] samples,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) double flops,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) double bytes,
    String peer) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /**
   * Checks that there are a name, a unit and a value; who tells no samples and no peer has none.
   *
   * @throws IllegalArgumentException if one is missing
   */
  public Measurement {
    if (work.isBlank() || unit.isEmpty() || !Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "a measurement needs work, unit and a finite value: work %s, unit %s, value %s"
              .formatted(work, unit, value));
    }
    samples = samples == null ? new double[0] : samples;
    peer = peer == null ? "" : peer;
  }

  /** The samples of a work, at least one, to six significant digits. */
  static Measurement of(Work work, double[] samples, String peer) {
    double[] rounded = Arrays.stream(samples).map(Measurement::rounded).toArray();
    double value = rounded(median(samples));
    return new Measurement(
        work.name(), work.unit(), value, rounded, work.flops(), work.bytes(), peer);
  }

  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(6)).doubleValue();
  }

  /**
   * The middle one, or the mean of the two in the middle.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("the median of no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** One line of JSON. */
  public String json() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads such a line; what else it tells is left out.
   *
   * @throws IllegalArgumentException if it is no measurement, with the line in the message
   */
  public static Measurement parse(String line) {
    try {
      return Objects.requireNonNull(MAPPER.readValue(line, Measurement.class), "null is none");
    } catch (JsonProcessingException | NullPointerException e) {
      String why = e.getMessage().split("\n")[0];
      throw new IllegalArgumentException("no measurement: %s (%s)".formatted(line, why), e);
    }
  }
}

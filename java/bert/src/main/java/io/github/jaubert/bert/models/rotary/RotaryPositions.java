package io.github.jaubert.bert.models.rotary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;

/**
 * How queries and keys are turned by their positions (Su et al. 2021): pair {@code i} of a head of
 * {@code d} by {@code position / factor * theta^(-2 i / d)}.
 *
 * @param theta wavelength parameter
 * @param factor by which positions are drawn together; 1 for the plain rotation, which is one
 *     kernel
 */
public record RotaryPositions(double theta, double factor) {
  private static final String PLAIN = "default";
  private static final String LINEAR = "linear";
  private static final String NTK = "ntk";

  /** Checks the values. */
  public RotaryPositions {
    positive("rope_theta", theta);
    positive("factor of rope_parameters", factor);
  }

  private static void positive(String field, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          field + " is " + value + "; it must be finite and above 0");
    }
  }

  /**
   * Reads {@code rope_parameters}, or the older {@code rope_scaling} and {@code rope_theta}. Of
   * scaled rotations there are {@code linear} and the fixed {@code ntk} of GTE's own code, which is
   * a linear one with another theta.
   *
   * @param theta where the fields say none
   * @param headSize the width of a head
   */
  static RotaryPositions read(ConfigJson json, double theta, int headSize) {
    ConfigJson rope =
        json.object(json.isAbsent("rope_scaling") ? "rope_parameters" : "rope_scaling");
    String type = rope.text("rope_type", rope.text("type", PLAIN));
    double base = rope.number("rope_theta", json.number("rope_theta", theta));
    double factor = rope.number("factor", 1);
    switch (type) {
      case PLAIN:
        return new RotaryPositions(base, 1);
      case LINEAR:
        return new RotaryPositions(base, factor);
      case NTK:
        positive("factor of rope_scaling", factor);
        if (!rope.isAbsent("mixed_b")) {
          throw new IllegalArgumentException("rope_scaling with mixed_b is not supported");
        }
        return new RotaryPositions(base * factor, Math.pow(factor, 2.0 / headSize));
      default:
        throw new IllegalArgumentException(
            "rope_type '" + type + "' is not one of default, linear, ntk");
    }
  }

  /** As transformers reads it. */
  ObjectNode toJson() {
    ObjectNode json = JsonFiles.object().put("rope_theta", theta);
    return factor == 1
        ? json.put("rope_type", PLAIN)
        : json.put("rope_type", LINEAR).put("factor", factor);
  }

  /**
   * Turns queries or keys.
   *
   * @param x {@code [tokens, heads, headSize]}; so is the result, in the same type
   * @param positionIds I32 {@code [tokens]}
   */
  public Tensor turn(Tensor x, Tensor positionIds) {
    if (factor == 1) {
      return F.rotary(x, positionIds, (float) theta);
    }
    long size = x.size(2);
    Tensor angles = angles(x, positionIds, size);
    Tensor wide = x.to(DType.F32);
    Tensor turned =
        Tensor.concat(2, wide.narrow(2, size / 2, size / 2).neg(), wide.narrow(2, 0, size / 2));
    return wide.mul(angles.cos()).add(turned.mul(angles.sin())).to(x.dtype());
  }

  /** {@code [tokens, 1, headSize]}. */
  private Tensor angles(Tensor x, Tensor positionIds, long size) {
    Tensor positions = positionIds.to(DType.F32).reshape(positionIds.size(0), 1, 1);
    Tensor rates = Tensor.of(rates((int) size), 1, 1, size).to(x.device());
    return positions.mul(rates);
  }

  /** Of each column of a head, how far one position turns it. */
  public float[] rates(int size) {
    float[] rates = new float[size];
    for (int i = 0; i < size; i++) {
      rates[i] = (float) (Math.pow(theta, -2.0 * (i % (size / 2)) / size) / factor);
    }
    return rates;
  }
}

package io.github.jaubert.reference;

/** Rounding to nearest, ties to even, into formats with fewer bits. */
public final class Rounding {
  private Rounding() {}

  /** 8 bits of precision, exponents as a float's. */
  public static double toBfloat16(double value) {
    return round(value, 8, -126, 0x1.FEp127);
  }

  /** 11 bits of precision, smallest normal exponent -14, largest value 65504. */
  public static double toFloat16(double value) {
    return round(value, 11, -14, 65504);
  }

  private static double round(double value, int precision, int minExponent, double max) {
    if (value == 0 || !Double.isFinite(value)) {
      return value;
    }
    int exponent = Math.max(Math.getExponent(value), minExponent);
    double unit = Math.scalb(1.0, exponent - precision + 1);
    double rounded = Math.rint(value / unit) * unit;
    return Math.abs(rounded) > max ? Math.copySign(Double.POSITIVE_INFINITY, value) : rounded;
  }
}

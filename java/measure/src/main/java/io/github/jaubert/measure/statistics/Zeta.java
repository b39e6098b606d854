package io.github.jaubert.measure.statistics;

/** Hurwitz' zeta function, the sum of (q + k)^-s for k from 0 on. */
final class Zeta {
  /** From here on the terms of Euler and Maclaurin reach double precision. */
  private static final int FAR = 24;

  private Zeta() {}

  /**
   * The sum, to about 1e-11 of itself, for s up to 8.
   *
   * @param s more than 1
   * @param q more than 0
   */
  static double of(double s, double q) {
    double sum = 0;
    double from = q;
    for (; from < FAR; from++) {
      sum += Math.pow(from, -s);
    }
    double power = Math.pow(from, -s);
    double square = from * from;
    double term = power * s / from;
    sum += power * from / (s - 1) + power / 2 + term / 12;
    term *= (s + 1) * (s + 2) / square;
    sum -= term / 720;
    term *= (s + 3) * (s + 4) / square;
    sum += term / 30240;
    term *= (s + 5) * (s + 6) / square;
    return sum - term / 1209600;
  }
}

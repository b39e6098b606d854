package io.github.jaubert.measure.signing;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.KeyAgreement;

/** The elliptic curves of the format, each with its hash. */
enum Curve {
  P_256("secp256r1", "SHA256withECDSA"),
  P_384("secp384r1", "SHA384withECDSA"),
  P_521("secp521r1", "SHA512withECDSA");

  /** For a message. */
  static final String ALL = "P-256, P-384 or P-521";

  private final ECParameterSpec parameters;
  private final String algorithm;

  Curve(String id, String algorithm) {
    this.algorithm = algorithm;
    try {
      AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
      named.init(new ECGenParameterSpec(id));
      this.parameters = named.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no curve " + id, e);
    }
  }

  /** The curve with these parameters, if it is one of these. */
  static Optional<Curve> of(ECParameterSpec parameters) {
    return Arrays.stream(values())
        .filter(
            curve ->
                curve.parameters.getCurve().equals(parameters.getCurve())
                    && curve.parameters.getGenerator().equals(parameters.getGenerator())
                    && curve.order().equals(parameters.getOrder()))
        .findFirst();
  }

  ECParameterSpec parameters() {
    return parameters;
  }

  BigInteger order() {
    return parameters.getOrder();
  }

  /** Java's name for ECDSA with the hash of this curve. */
  String algorithm() {
    return algorithm;
  }

  ECPublicKey publicKey(ECPoint point) throws GeneralSecurityException {
    return (ECPublicKey)
        KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, parameters));
  }

  /**
   * The x of the point that belongs to a private key. Java multiplies points only to agree on a
   * secret, which with the generator as the other side's key is that x.
   */
  BigInteger publicX(PrivateKey key) throws GeneralSecurityException {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(key);
    agreement.doPhase(publicKey(parameters.getGenerator()), true);
    return new BigInteger(1, agreement.generateSecret());
  }

  /** One of the two points with this x; the other has the negative y. */
  ECPoint point(BigInteger x) throws InvalidParameterSpecException {
    BigInteger p = ((ECFieldFp) parameters.getCurve().getField()).getP();
    BigInteger square =
        x.modPow(BigInteger.valueOf(3), p)
            .add(parameters.getCurve().getA().multiply(x))
            .add(parameters.getCurve().getB())
            .mod(p);
    // A square root, as p is 3 modulo 4 on all of these.
    BigInteger y = square.modPow(p.add(BigInteger.ONE).shiftRight(2), p);
    if (!y.multiply(y).mod(p).equals(square)) {
      throw new InvalidParameterSpecException("no point with this x");
    }
    return new ECPoint(x, y);
  }

  /** The other point with the same x. */
  ECPoint negated(ECPoint point) {
    BigInteger p = ((ECFieldFp) parameters.getCurve().getField()).getP();
    return new ECPoint(point.getAffineX(), p.subtract(point.getAffineY()));
  }
}

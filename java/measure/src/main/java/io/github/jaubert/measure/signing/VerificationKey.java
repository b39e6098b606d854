package io.github.jaubert.measure.signing;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.List;

/** The public key with which a signature is verified, on the curve P-256, P-384 or P-521. */
public final class VerificationKey {
  private static final String LABEL = "PUBLIC KEY";

  private final Curve curve;
  private final ECPublicKey key;

  private VerificationKey(Curve curve, ECPublicKey key) {
    this.curve = curve;
    this.key = key;
  }

  /**
   * Reads a PEM file with a {@code PUBLIC KEY}.
   *
   * @throws SigningException if it cannot be read, or holds another kind of key
   */
  public static VerificationKey read(Path file) {
    List<Pem> blocks = Pem.read(file);
    for (Pem block : blocks) {
      if (block.label().equals(LABEL)) {
        return of(file, block.bytes(file));
      }
    }
    throw new SigningException(
        file.toString(),
        blocks.stream().anyMatch(block -> block.label().endsWith("PRIVATE KEY"))
            ? "holds a private key; it takes the public one to verify"
            : "holds no public key (-----BEGIN PUBLIC KEY-----) but: " + blocks.get(0).label());
  }

  private static VerificationKey of(Path file, byte[] der) {
    try {
      if (KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der))
          instanceof ECPublicKey key) {
        Curve curve =
            Curve.of(key.getParams())
                .orElseThrow(() -> new SigningException(file.toString(), otherCurve()));
        return of(curve, key.getW());
      }
      throw new SigningException(file.toString(), otherCurve());
    } catch (GeneralSecurityException e) {
      throw new SigningException(file.toString(), otherCurve(), e);
    }
  }

  static String otherCurve() {
    return "holds no key on the elliptic curve " + Curve.ALL;
  }

  static VerificationKey of(Curve curve, ECPoint point) throws GeneralSecurityException {
    return new VerificationKey(curve, curve.publicKey(point));
  }

  /**
   * Writes it as a PEM file.
   *
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if it cannot be written
   */
  public void write(Path file) {
    AtomicFile.write(file, pem().getBytes(StandardCharsets.US_ASCII));
  }

  private String pem() {
    return Pem.format(LABEL, key.getEncoded());
  }

  /** What tells it from other keys: the SHA-256 of its PEM file, in hexadecimal digits. */
  public String hint() {
    return HexFormat.of().formatHex(sha256().digest(pem().getBytes(StandardCharsets.US_ASCII)));
  }

  /** Whether a signature in ASN.1's form is that of these bytes with the private key. */
  boolean verifies(byte[] bytes, byte[] signature) {
    try {
      if (!isInRange(signature)) {
        return false;
      }
      Signature ecdsa = Signature.getInstance(curve.algorithm());
      ecdsa.initVerify(key);
      ecdsa.update(bytes);
      return ecdsa.verify(signature);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false; // not even the form of one
    }
  }

  /** Some Javas take a signature of zeros for anyone's (CVE-2022-21449). */
  private boolean isInRange(byte[] signature) {
    Der outer = new Der(signature);
    Der numbers = new Der(outer.next(Der.SEQUENCE));
    return isInRange(numbers.nextInteger())
        && isInRange(numbers.nextInteger())
        && numbers.atEnd()
        && outer.atEnd();
  }

  private boolean isInRange(BigInteger number) {
    return number.signum() > 0 && number.compareTo(curve.order()) < 0;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}

package io.github.jaubert.measure.signing;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.ProviderException;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPoint;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The private key with which a model is signed, on the curve P-256, P-384 or P-521. */
public final class SigningKey {
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String ENCRYPTED = "ENCRYPTED PRIVATE KEY";
  private static final String SEC1 = "EC PRIVATE KEY";
  private static final List<String> LABELS = List.of(PKCS8, ENCRYPTED, SEC1);

  private final Curve curve;
  private final ECPrivateKey key;
  private final VerificationKey verificationKey;

  private SigningKey(Curve curve, ECPrivateKey key) throws GeneralSecurityException {
    this.curve = curve;
    this.key = key;
    this.verificationKey = derived();
  }

  /** A new key on the curve P-256. */
  public static SigningKey generate() {
    return generate(Curve.P_256);
  }

  static SigningKey generate(Curve curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(curve.parameters());
      return new SigningKey(curve, (ECPrivateKey) generator.generateKeyPair().getPrivate());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has them
    }
  }

  /**
   * Reads a PEM file with a {@code PRIVATE KEY} (PKCS #8), an {@code ENCRYPTED PRIVATE KEY} or an
   * {@code EC PRIVATE KEY} (SEC 1).
   *
   * @param password of an encrypted key; for others it does not matter
   * @throws SigningException if it cannot be read, holds another kind of key, or the password does
   *     not fit
   */
  public static SigningKey read(Path file, Optional<char[]> password) {
    List<Pem> blocks = Pem.read(file);
    Pem block =
        blocks.stream()
            .filter(one -> LABELS.contains(one.label()))
            .findFirst()
            .orElseThrow(() -> noPrivateKey(file, blocks.get(0).label()));
    if (block.text().contains("Proc-Type:")) {
      throw new SigningException(
          file.toString(),
          "is encrypted in OpenSSL's old way; openssl pkcs8 -topk8 -in KEY -out NEW makes one that"
              + " is read");
    }
    byte[] der = block.bytes(file);
    try {
      if (block.label().equals(ENCRYPTED)) {
        der = EncryptedKey.decrypt(file, der, password);
      } else if (block.label().equals(SEC1)) {
        der = pkcs8(der);
      }
      return of(file, der);
    } catch (GeneralSecurityException | IllegalArgumentException | ProviderException e) {
      throw new SigningException(file.toString(), VerificationKey.otherCurve(), e);
    }
  }

  private static SigningException noPrivateKey(Path file, String label) {
    return new SigningException(
        file.toString(),
        label.equals("PUBLIC KEY")
            ? "holds a public key; it takes the private one to sign"
            : "holds no private key on an elliptic curve but: " + label);
  }

  private static SigningKey of(Path file, byte[] pkcs8) throws GeneralSecurityException {
    ECPrivateKey key =
        (ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    Curve curve =
        Curve.of(key.getParams())
            .orElseThrow(() -> new SigningException(file.toString(), VerificationKey.otherCurve()));
    if (key.getS().signum() <= 0 || key.getS().compareTo(curve.order()) >= 0) {
      throw new SigningException(file.toString(), "its number is none of the curve");
    }
    return new SigningKey(curve, key);
  }

  /** PKCS #8 around a key of SEC 1 (RFC 5915), which names its curve inside. */
  private static byte[] pkcs8(byte[] sec1) {
    Der key = new Der(new Der(sec1).next(Der.SEQUENCE));
    key.next(Der.INTEGER);
    key.next(Der.OCTETS);
    if (key.atEnd()) {
      throw new IllegalArgumentException("it does not name its curve");
    }
    byte[] curve = key.next(Der.PARAMETERS);
    byte[] ecPublicKey = Der.element(Der.OID, HexFormat.of().parseHex("2A8648CE3D0201"));
    return Der.element(
        Der.SEQUENCE,
        Der.element(Der.INTEGER, new byte[1]),
        Der.element(Der.SEQUENCE, ecPublicKey, curve),
        Der.element(Der.OCTETS, sec1));
  }

  /** The public key, which a file may lack. Of two points that are left, one verifies. */
  private VerificationKey derived() throws GeneralSecurityException {
    BigInteger x = curve.publicX(key);
    ECPoint point = curve.point(x);
    byte[] message = x.toByteArray();
    byte[] signature = sign(message);
    for (ECPoint candidate : List.of(point, curve.negated(point))) {
      VerificationKey publicKey = VerificationKey.of(curve, candidate);
      if (publicKey.verifies(message, signature)) {
        return publicKey;
      }
    }
    throw new GeneralSecurityException("no public key fits it");
  }

  /** The public key that belongs to it. */
  public VerificationKey verificationKey() {
    return verificationKey;
  }

  /** A signature in ASN.1's form. */
  byte[] sign(byte[] bytes) {
    try {
      Signature ecdsa = Signature.getInstance(curve.algorithm());
      ecdsa.initSign(key);
      ecdsa.update(bytes);
      return ecdsa.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // the key has been used before
    }
  }

  /**
   * Writes it as a new PEM file (PKCS #8), which only its owner can read.
   *
   * @param password with which it is encrypted (PBES2, AES-256); nothing for a plain key
   * @throws SigningException if the file exists or cannot be written, or the password is not ASCII
   */
  public void write(Path file, Optional<char[]> password) {
    String text =
        password
            .map(word -> Pem.format(ENCRYPTED, EncryptedKey.encrypt(key.getEncoded(), word)))
            .orElseGet(() -> Pem.format(PKCS8, key.getEncoded()));
    try {
      Path absolute = file.toAbsolutePath();
      Files.createDirectories(absolute.getParent());
      boolean posix = absolute.getFileSystem().supportedFileAttributeViews().contains("posix");
      Set<StandardOpenOption> options =
          EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      try (var out =
          posix
              ? Files.newByteChannel(
                  absolute,
                  options,
                  PosixFilePermissions.asFileAttribute(
                      PosixFilePermissions.fromString("rw-------")))
              : Files.newByteChannel(absolute, options)) {
        out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
      }
    } catch (FileAlreadyExistsException e) {
      throw new SigningException(file.toString(), "is there already; a key is never replaced", e);
    } catch (IOException e) {
      throw new SigningException(
          file.toString(), "cannot be written: " + CheckpointException.describe(e), e);
    }
  }
}

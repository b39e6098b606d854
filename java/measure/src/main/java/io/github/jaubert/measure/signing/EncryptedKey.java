package io.github.jaubert.measure.signing;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;

/** A private key under a password: PKCS #8 with PBES2 (RFC 8018), as OpenSSL writes it. */
final class EncryptedKey {
  private static final String AES_256 = "PBEWithHmacSHA256AndAES_256";
  private static final String PBES2 = "1.2.840.113549.1.5.13";
  private static final int ITERATIONS = 600_000; // what OWASP advises for PBKDF2 with SHA-256
  private static final int SALT = 16;
  private static final int BLOCK = 16;

  private EncryptedKey() {}

  /**
   * The plain key, as PKCS #8.
   *
   * @throws SigningException if there is no password, it does not fit, or Java does not know the
   *     cipher
   */
  static byte[] decrypt(Path file, byte[] der, Optional<char[]> password) {
    char[] word =
        password.orElseThrow(
            () ->
                new SigningException(
                    file.toString(),
                    "is encrypted, and there is no password; read(file, password) takes it"));
    EncryptedPrivateKeyInfo info;
    Cipher cipher;
    try {
      info = new EncryptedPrivateKeyInfo(der);
      AlgorithmParameters parameters = info.getAlgParameters();
      // Of PBES2 Java 17 tells hash and cipher nowhere else.
      boolean unnamed = info.getAlgName().equals("PBES2") || info.getAlgName().equals(PBES2);
      String name = unnamed ? String.valueOf(parameters) : info.getAlgName();
      cipher = Cipher.getInstance(name);
      cipher.init(Cipher.DECRYPT_MODE, secret(name, word), parameters);
    } catch (IOException | GeneralSecurityException e) {
      throw new SigningException(
          file.toString(),
          "is encrypted in a way that Java does not know, or the password is not ASCII; openssl"
              + " pkcs8 -topk8 -v2 aes-256-cbc writes one that is read",
          e);
    }
    try {
      return info.getKeySpec(cipher).getEncoded();
    } catch (InvalidKeySpecException e) {
      throw new SigningException(file.toString(), "the password does not fit", e);
    }
  }

  /**
   * A plain key of PKCS #8, encrypted.
   *
   * @throws IllegalArgumentException if the password is empty or not ASCII, which Java does not
   *     take
   */
  static byte[] encrypt(byte[] pkcs8, char[] password) {
    for (char c : password) {
      if (c < 0x20 || c > 0x7E) {
        throw new IllegalArgumentException("the password of a key is ASCII letters, digits, signs");
      }
    }
    if (password.length == 0) {
      throw new IllegalArgumentException("the password of a key is empty");
    }
    byte[] random = new byte[SALT + BLOCK];
    new SecureRandom().nextBytes(random);
    try {
      Cipher cipher = Cipher.getInstance(AES_256);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          secret(AES_256, password),
          new PBEParameterSpec(
              Arrays.copyOf(random, SALT), ITERATIONS, new IvParameterSpec(random, SALT, BLOCK)));
      return info(random, cipher.doFinal(pkcs8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has them
    }
  }

  /** EncryptedPrivateKeyInfo, for which Java 17 lacks the name of PBES2. */
  private static byte[] info(byte[] random, byte[] encrypted) {
    byte[] hash = Der.element(Der.SEQUENCE, oid("2A864886F70D0209"), Der.element(Der.NULL));
    byte[] derivation =
        Der.element(
            Der.SEQUENCE,
            Der.element(Der.OCTETS, Arrays.copyOf(random, SALT)),
            Der.element(Der.INTEGER, BigInteger.valueOf(ITERATIONS).toByteArray()),
            hash);
    byte[] cipher =
        Der.element(
            Der.SEQUENCE,
            oid("60864801650304012A"), // AES-256 in CBC mode
            Der.element(Der.OCTETS, Arrays.copyOfRange(random, SALT, SALT + BLOCK)));
    byte[] pbkdf2 = Der.element(Der.SEQUENCE, oid("2A864886F70D01050C"), derivation);
    byte[] parameters = Der.element(Der.SEQUENCE, pbkdf2, cipher);
    byte[] pbes2 = Der.element(Der.SEQUENCE, oid("2A864886F70D01050D"), parameters);
    return Der.element(Der.SEQUENCE, pbes2, Der.element(Der.OCTETS, encrypted));
  }

  private static byte[] oid(String digits) {
    return Der.element(Der.OID, HexFormat.of().parseHex(digits));
  }

  private static SecretKey secret(String name, char[] password) throws GeneralSecurityException {
    return SecretKeyFactory.getInstance(name).generateSecret(new PBEKeySpec(password));
  }
}

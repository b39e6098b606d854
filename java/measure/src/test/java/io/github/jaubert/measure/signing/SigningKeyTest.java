package io.github.jaubert.measure.signing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest extends SigningFixture {
  /** Of PKCS #8, plain and encrypted, and SEC 1, as OpenSSL writes them. */
  @ParameterizedTest
  @ValueSource(strings = {"pkcs8-p521", "encrypted-p256", "sec1-p384"})
  void keysOfOpenSsl(String name) {
    SigningKey key = privateKey(name + ".pem");
    assertEquals(publicKey(name + ".pub").hint(), key.verificationKey().hint());
    byte[] message = {1, 2, 3};
    assertTrue(publicKey(name + ".pub").verifies(message, key.sign(message)));
    assertFalse(publicKey(name + ".pub").verifies(new byte[3], key.sign(message)));
  }

  @ParameterizedTest
  @EnumSource(Curve.class)
  void aNewKeyIsReadAgain(Curve curve) throws IOException {
    SigningKey key = SigningKey.generate(curve);
    Path file = folder.resolve("new/key.pem");
    key.write(file, Optional.empty());
    SigningKey read = SigningKey.read(file, Optional.empty());
    assertEquals(key.verificationKey().hint(), read.verificationKey().hint());
    assertEquals(
        Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE),
        Files.getPosixFilePermissions(file));
    Path published = folder.resolve("key.pub");
    read.verificationKey().write(published);
    byte[] message = {7};
    assertTrue(VerificationKey.read(published).verifies(message, key.sign(message)));
    assertEquals(
        file + ": is there already; a key is never replaced",
        complaint(() -> key.write(file, Optional.empty())));
  }

  @Test
  void underAPassword() {
    SigningKey key = SigningKey.generate();
    Path file = folder.resolve("key.pem");
    key.write(file, Optional.of("a b".toCharArray()));
    assertEquals(
        key.verificationKey().hint(),
        SigningKey.read(file, Optional.of("a b".toCharArray())).verificationKey().hint());
    assertEquals(
        file + ": is encrypted, and there is no password; read(file, password) takes it",
        complaint(() -> SigningKey.read(file, Optional.empty())));
    Path other = resource("encrypted-p256.pem");
    assertEquals(
        other + ": the password does not fit",
        complaint(() -> SigningKey.read(other, Optional.of("Sesame".toCharArray()))));
    for (String password : new String[] {"", "\u00e4"}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> key.write(folder.resolve("other.pem"), Optional.of(password.toCharArray())));
    }
  }

  @Test
  void whatIsNoKey() throws IOException {
    assertEquals("no such file", sign("none.pem", null));
    assertEquals("is empty", sign("empty", ""));
    assertEquals("holds no key in PEM, -----BEGIN … KEY-----", sign("text", "a key"));
    assertEquals(
        "holds no private key on an elliptic curve but: CERTIFICATE",
        sign("certificate", Pem.format("CERTIFICATE", new byte[9])));
    assertTrue(
        sign("base64", "-----BEGIN PRIVATE KEY-----\n%\n-----END PRIVATE KEY-----\n")
            .startsWith("its PRIVATE KEY is damaged"));
    for (String label : new String[] {"PRIVATE KEY", "EC PRIVATE KEY"}) {
      for (int length = 0; length < 9; length++) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        String said = sign(label, Pem.format(label, bytes));
        assertTrue(said.startsWith("holds no key on the elliptic curve P-256"), said + seed());
      }
    }
    assertTrue(
        sign("encrypted", Pem.format("ENCRYPTED PRIVATE KEY", new byte[9]))
            .startsWith("is encrypted in a way that Java does not know"));
    assertTrue(
        sign("old", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4\n-----END EC PRIVATE KEY-----\n")
            .startsWith("is encrypted in OpenSSL's old way"));
    Path published = resource("sec1-p384.pub");
    assertEquals(
        published + ": holds a public key; it takes the private one to sign",
        complaint(() -> SigningKey.read(published, Optional.empty())));
    Path secret = resource("sec1-p384.pem");
    assertEquals(
        secret + ": holds a private key; it takes the public one to verify",
        complaint(() -> VerificationKey.read(secret)));
    Path rsa = Files.writeString(folder.resolve("rsa"), Pem.format("PUBLIC KEY", new byte[5]));
    assertTrue(complaint(() -> VerificationKey.read(rsa)).contains("P-256, P-384 or P-521"));
  }

  private String sign(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    if (content != null) {
      Files.writeString(file, content);
    }
    String said = complaint(() -> SigningKey.read(file, Optional.of("x".toCharArray())));
    assertTrue(said.startsWith(file + ": "), said);
    return said.substring((file + ": ").length()).replace("cannot be read: ", "");
  }

  private static String complaint(Executable work) {
    return assertThrows(SigningException.class, work).getMessage();
  }
}

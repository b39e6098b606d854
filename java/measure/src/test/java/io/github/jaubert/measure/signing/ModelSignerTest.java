package io.github.jaubert.measure.signing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelSignerTest extends SigningFixture {
  private final SigningKey key = SigningKey.generate();

  private ModelVerifier verifier() {
    return ModelVerifier.of(key.verificationKey());
  }

  private ModelSigner signer() {
    return ModelSigner.of(key);
  }

  @ParameterizedTest
  @EnumSource(Curve.class)
  void oneByteOfAnyFile(Curve curve) throws IOException {
    Path model = model();
    SigningKey other = SigningKey.generate(curve);
    assertEquals(5, ModelSigner.of(other).sign(model));
    ModelVerifier verifier = ModelVerifier.of(other.verificationKey());
    Verification found = verifier.verify(model);
    assertTrue(found.passed());
    assertEquals(List.of(".git"), found.unsigned());
    for (String name : List.of("config.json", "empty", "notes.txt", "sub/weights", "sub-word")) {
      damage(model.resolve(name));
      found = verifier.verify(model);
      assertFalse(found.passed(), seed());
      assertEquals(List.of(name), found.changed(), seed());
      model();
    }
    assertTrue(verifier.verify(model).passed());
    assertTrue(
        assertThrows(SigningException.class, () -> verifier().verify(model))
            .getMessage()
            .startsWith(model.resolve("model.sig") + ": was signed with another key"));
  }

  @Test
  void whatIsMissingOrNew() throws IOException {
    Path model = model();
    signer().sign(model);
    Files.delete(model.resolve("empty"));
    Files.writeString(model.resolve("sub/new.py"), "");
    Files.writeString(model.resolve(".hidden"), "");
    Files.writeString(model.resolve(".gitignore"), "");
    Verification found = verifier().verify(model);
    assertFalse(found.passed());
    assertEquals(List.of("empty"), found.missing());
    assertEquals(List.of(".hidden", "sub/new.py"), found.added());
    assertEquals(List.of(".git", ".gitignore"), found.unsigned());
    assertFalse(verifier().allowUnsignedFiles().verify(model).passed());
    assertFalse(verifier().allowMissingFiles().verify(model).passed());
    found = verifier().allowUnsignedFiles().allowMissingFiles().verify(model);
    assertTrue(found.passed());
    assertEquals(List.of(".git", ".gitignore", ".hidden", "sub/new.py"), found.unsigned());
    ModelVerifier lenient =
        verifier().allowMissingFiles().ignore(List.of(Path.of("sub"), Path.of(".hidden")));
    assertTrue(lenient.verify(model).passed());
    damage(model.resolve("sub/weights"));
    assertEquals(List.of("sub/weights"), lenient.verify(model).changed(), seed());
  }

  @Test
  void ofAModelThatIsGoneNothingHolds() throws IOException {
    Path model = model();
    Path signature = folder.resolve("model.sig");
    signer().sign(model, signature);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertFalse(verifier().allowMissingFiles().verify(empty, signature).passed());
  }

  @Test
  void whatIsIgnored() throws IOException {
    Path model = model();
    signer().ignore(List.of(Path.of("sub"), model.resolve("notes.txt"))).sign(model);
    damage(model.resolve("notes.txt"));
    Files.writeString(model.resolve("sub/more"), "");
    Verification found = verifier().verify(model);
    assertTrue(found.passed());
    assertEquals(3, found.signed());
    assertEquals(List.of(".git", "notes.txt", "sub"), found.unsigned());
    assertEquals(
        "none: is to be ignored, and " + model + " holds no such file or folder",
        complaint(() -> signer().ignore(List.of(Path.of("none"))).sign(model)));
    assertEquals(
        folder + ": is to be ignored, and is not within " + model,
        complaint(() -> signer().ignore(List.of(folder)).sign(model)));
  }

  @Test
  void aModelMayMove() throws IOException {
    Path model = model();
    signer().sign(model);
    signer().sign(model); // the earlier signature is no part of the model
    Path moved = Files.move(model, folder.resolve("other name"));
    assertTrue(verifier().verify(moved).passed());
  }

  @Test
  void symbolicLinks() throws IOException {
    Path model = model();
    Path link = Files.createSymbolicLink(model.resolve("link"), Path.of("config.json"));
    assertEquals(
        link + ": is a symbolic link; allowSymlinks() signs what it points to",
        complaint(() -> signer().sign(model)));
    assertEquals(6, signer().allowSymlinks().sign(model));
    assertTrue(verifier().verify(model).passed());
    Files.delete(link);
    Files.copy(model.resolve("config.json"), link);
    signer().sign(model);
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("config.json"));
    assertEquals(List.of("link"), verifier().verify(model).linked());
    assertFalse(verifier().verify(model).passed());
    assertTrue(verifier().allowSymlinks().verify(model).passed());
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("sub"));
    assertEquals(
        link
            + ": is a symbolic link to a folder, which the format does not look into; ignore(…)"
            + " leaves it out",
        complaint(() -> signer().allowSymlinks().sign(model)));
    assertEquals(List.of("link"), verifier().allowSymlinks().verify(model).changed());
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("nowhere"));
    assertTrue(complaint(() -> signer().allowSymlinks().sign(model)).contains("link to nothing"));
  }

  @Test
  void whatCannotBeSigned() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("void"));
    assertEquals(empty + ": holds no file to sign", complaint(() -> signer().sign(empty)));
    Path none = folder.resolve("none");
    assertEquals(none + ": no such folder or file", complaint(() -> signer().sign(none)));
    assertEquals(none + ": no such folder or file", complaint(() -> verifier().verify(none)));
    Path model = model();
    Path config = model.resolve("config.json");
    assertEquals(
        config + ": is there and is no signature; it is not replaced",
        complaint(() -> signer().sign(model, config)));
  }

  @Test
  void namesOfAllKinds() throws IOException {
    Path model = Files.createDirectories(folder.resolve("m\u00f6del"));
    Path deep = model;
    for (int i = 0; i < 50; i++) {
      deep = Files.createDirectory(deep.resolve("d"));
    }
    List<String> names =
        List.of("\u00e9 \u00fc", "\ud83d\ude00", "\uff5a", "a\\b", "a\nb", "a:0:3", "..a");
    for (String name : names) {
      Files.writeString(model.resolve(name), name);
      Files.writeString(deep.resolve(name), name);
    }
    List<String> told = new ArrayList<>();
    assertEquals(14, signer().listener((file, bytes, size) -> told.add(file)).sign(model));
    assertTrue(verifier().verify(model).passed());
    assertEquals(14, new TreeSet<>(told).size());
    damage(deep.resolve(names.get(random.nextInt(names.size()))));
    assertEquals(1, verifier().verify(model).changed().size(), seed());
  }

  private static String complaint(Executable work) {
    return assertThrows(SigningException.class, work).getMessage();
  }
}

package io.github.jaubert.measure.signing;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Signs all files of a model, in the format of OpenSSF Model Signing. Left out are the signature,
 * what belongs to Git ({@code .git}, {@code .gitattributes}, {@code .github}, {@code .gitignore}),
 * and what {@link #ignore} names.
 *
 * <pre>{@code
 * SigningKey key = SigningKey.read(Path.of("key.pem"), Optional.empty());
 * ModelSigner.of(key).sign(model); // writes model.sig into it
 * }</pre>
 */
public final class ModelSigner {
  private final SigningKey key;
  private final List<Path> ignored = new ArrayList<>();
  private boolean allowSymlinks;
  private HashListener listener = (file, bytes, size) -> {};

  private ModelSigner(SigningKey key) {
    this.key = key;
  }

  /** With a key, of which the signature bears a hash. */
  public static ModelSigner of(SigningKey key) {
    return new ModelSigner(key);
  }

  /** Leaves files and folders out of the signature; the paths are relative to the model. */
  public ModelSigner ignore(Collection<Path> paths) {
    ignored.addAll(paths);
    return this;
  }

  /** Signs what symbolic links to files point to. Otherwise a link is an error. */
  public ModelSigner allowSymlinks() {
    allowSymlinks = true;
    return this;
  }

  /** Tells how far the hashing is. */
  public ModelSigner listener(HashListener listener) {
    this.listener = listener;
    return this;
  }

  /** Where the signature of a model is by default: {@code model.sig} in it, or FILE.sig. */
  public static Path signatureOf(Path model) {
    return Files.isDirectory(model)
        ? model.resolve("model.sig")
        : model.resolveSibling(model.getFileName() + ".sig");
  }

  /** The same as {@link #sign(Path, Path)} with {@link #signatureOf}. */
  public int sign(Path model) {
    return sign(model, signatureOf(model));
  }

  /**
   * Signs a model.
   *
   * @param model a folder or a file
   * @param signature where to write it; an earlier signature is replaced
   * @return how many files it covers
   * @throws SigningException if the model or a path to ignore is not there, holds nothing or what
   *     cannot be signed, or another file stands where the signature is to go
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the signature cannot be
   *     written
   */
  public int sign(Path model, Path signature) {
    if (Files.exists(signature, LinkOption.NOFOLLOW_LINKS) && !Bundle.isBundle(signature)) {
      throw new SigningException(
          signature.toString(), "is there and is no signature; it is not replaced");
    }
    Set<String> left = new LinkedHashSet<>();
    for (Path path : ignored) {
      left.add(ignoredName(model, path));
    }
    ModelTree.within(model, signature).ifPresent(left::add);
    left.addAll(ModelTree.GIT);
    ModelTree tree = ModelTree.of(model, left);
    tree.others()
        .forEach(
            (name, reason) -> {
              throw new SigningException(
                  model.resolve(name).toString(), reason + "; ignore(…) leaves it out");
            });
    Map<String, Path> files = new TreeMap<>(tree.files());
    if (allowSymlinks) {
      files.putAll(tree.links());
    } else if (!tree.links().isEmpty()) {
      throw new SigningException(
          model.resolve(tree.links().firstKey()).toString(),
          "is a symbolic link; allowSymlinks() signs what it points to");
    }
    if (files.isEmpty()) {
      throw new SigningException(model.toString(), "holds no file to sign");
    }
    Map<String, List<String>> hashes = new TreeMap<>(Manifest.ORDER);
    files.forEach(
        (name, path) -> hashes.put(name, ModelTree.hashes(name, path, Long.MAX_VALUE, listener)));
    Manifest manifest =
        new Manifest(
            ModelTree.nameOf(model), hashes, Long.MAX_VALUE, allowSymlinks, List.copyOf(left));
    AtomicFile.write(signature, Bundle.signed(manifest.toJson(), key));
    return files.size();
  }

  private static String ignoredName(Path model, Path path) {
    Path there = model.resolve(path);
    if (!Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
      throw new SigningException(
          path.toString(), "is to be ignored, and " + model + " holds no such file or folder");
    }
    return ModelTree.within(model, there)
        .orElseThrow(
            () ->
                new SigningException(
                    path.toString(), "is to be ignored, and is not within " + model));
  }
}

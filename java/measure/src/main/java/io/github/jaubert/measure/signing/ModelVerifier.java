package io.github.jaubert.measure.signing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares a model with its signature, in the format of OpenSSF Model Signing v1.0. Every signed
 * file is checked. Files that were not signed are findings, apart from the signature, what belongs
 * to Git, and what the signer or {@link #ignore} left out.
 *
 * <pre>{@code
 * VerificationKey key = VerificationKey.read(Path.of("key.pem.pub"));
 * if (!ModelVerifier.of(key).verify(model).passed()) …
 * }</pre>
 */
public final class ModelVerifier {
  private final VerificationKey key;
  private final List<Path> ignored = new ArrayList<>();
  private boolean allowSymlinks;
  private boolean allowUnsignedFiles;
  private boolean allowMissingFiles;
  private HashListener listener = (file, bytes, size) -> {};

  private ModelVerifier(VerificationKey key) {
    this.key = key;
  }

  /** With the public key of who should have signed. */
  public static ModelVerifier of(VerificationKey key) {
    return new ModelVerifier(key);
  }

  /** Lets these files and folders be there without being signed; relative to the model. */
  public ModelVerifier ignore(Collection<Path> paths) {
    ignored.addAll(paths);
    return this;
  }

  /** Follows symbolic links to files, also if the signer did not. */
  public ModelVerifier allowSymlinks() {
    allowSymlinks = true;
    return this;
  }

  /** Lets any files be there without being signed. */
  public ModelVerifier allowUnsignedFiles() {
    allowUnsignedFiles = true;
    return this;
  }

  /** Lets signed files be missing, as after a download of some; one at least must be there. */
  public ModelVerifier allowMissingFiles() {
    allowMissingFiles = true;
    return this;
  }

  /** Tells how far the hashing is. */
  public ModelVerifier listener(HashListener listener) {
    this.listener = listener;
    return this;
  }

  /** The same as {@link #verify(Path, Path)} with {@link ModelSigner#signatureOf}. */
  public Verification verify(Path model) {
    return verify(model, ModelSigner.signatureOf(model));
  }

  /**
   * Compares a model with a signature.
   *
   * @param model a folder or a file
   * @throws SigningException if the signature does not hold, is damaged or of another format, or
   *     something cannot be read
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the signature is no JSON
   */
  public Verification verify(Path model, Path signature) {
    if (!Files.exists(model)) {
      throw new SigningException(model.toString(), "no such folder or file");
    }
    Manifest manifest = Manifest.parse(signature.toString(), Bundle.verified(signature, key));
    Set<String> ignore = new HashSet<>(manifest.ignored());
    ignore.addAll(ModelTree.GIT);
    ModelTree.within(model, signature).ifPresent(ignore::add);
    for (Path path : ignored) {
      ModelTree.within(model, model.resolve(path)).ifPresent(ignore::add);
    }
    ModelTree tree = ModelTree.of(model, withoutSigned(ignore, manifest.files().keySet()));
    boolean single = manifest.files().containsKey(".");
    if (single != Files.isRegularFile(model)) {
      throw new SigningException(
          model.toString(),
          "is a %s, and the signature is of a %s, '%s'"
              .formatted(
                  single ? "folder" : "file",
                  single ? "file" : "folder",
                  Json.plain(manifest.model())));
    }
    Findings findings = new Findings(manifest, tree);
    findings.compareSigned();
    findings.sortUnsigned(ignore, ModelTree.within(model, signature));
    return findings.verification();
  }

  /** What need not be looked at: a signed file is, whatever is to be ignored. */
  private static Set<String> withoutSigned(Set<String> ignore, Set<String> signed) {
    Set<String> rest = new HashSet<>(ignore);
    signed.forEach(name -> steps(name).forEach(rest::remove));
    return rest;
  }

  /** A name, and those of the folders it is in. */
  private static List<String> steps(String name) {
    List<String> steps = new ArrayList<>();
    for (int end = name.length(); end > 0; end = name.lastIndexOf('/', end - 1)) {
      steps.add(name.substring(0, end));
    }
    return steps;
  }

  /** What is found out about the files of a model. */
  private final class Findings {
    private final Manifest manifest;
    private final ModelTree tree;
    private final List<String> changed = new ArrayList<>();
    private final List<String> linked = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> added = new ArrayList<>();
    private final List<String> unsigned = new ArrayList<>();

    Findings(Manifest manifest, ModelTree tree) {
      this.manifest = manifest;
      this.tree = tree;
    }

    void compareSigned() {
      boolean follow = allowSymlinks || manifest.allowSymlinks();
      manifest
          .files()
          .forEach(
              (name, hashes) -> {
                Path link = tree.links().get(name);
                Path file = link == null ? tree.files().get(name) : link;
                if (file == null) {
                  (tree.others().containsKey(name) ? changed : missing).add(name);
                } else if (link != null && !follow) {
                  linked.add(name);
                } else if (!ModelTree.hashes(name, file, manifest.shardSize(), listener)
                    .equals(hashes)) {
                  changed.add(name);
                }
              });
    }

    void sortUnsigned(Set<String> ignore, Optional<String> signature) {
      tree.ignored().stream()
          .filter(name -> !signature.equals(Optional.of(name)))
          .forEach(unsigned::add);
      Set<String> names = new TreeSet<>(Manifest.ORDER);
      names.addAll(tree.files().keySet());
      names.addAll(tree.links().keySet());
      names.addAll(tree.others().keySet());
      names.removeAll(manifest.files().keySet());
      for (String name : names) {
        boolean allowed =
            allowUnsignedFiles
                || steps(name).stream().anyMatch(ignore::contains)
                || hasNoShard(name);
        (allowed ? unsigned : added).add(name);
      }
    }

    /** Empty files have no part, and so no place among the parts that are signed. */
    private boolean hasNoShard(String name) {
      Path file = tree.files().get(name);
      try {
        return !manifest.isWhole() && file != null && Files.size(file) == 0;
      } catch (IOException e) {
        throw SigningException.unreadable(file, e);
      }
    }

    Verification verification() {
      return new Verification(
          manifest.model(),
          manifest.files().size(),
          List.copyOf(changed),
          List.copyOf(linked),
          List.copyOf(missing),
          List.copyOf(added),
          List.copyOf(unsigned),
          allowMissingFiles);
    }
  }
}

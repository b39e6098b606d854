package io.github.jaubert.cli;

import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.TransferProgress;
import io.github.jaubert.measure.signing.ModelSigner;
import io.github.jaubert.measure.signing.ModelVerifier;
import io.github.jaubert.measure.signing.SigningException;
import io.github.jaubert.measure.signing.Verification;
import io.github.jaubert.measure.signing.VerificationKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares a model with its signature. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks that a model is as it was signed, by sign or by model_signing with a key: that the key's"
          + " owner signed, and that every file is the one that was signed.",
      "Prints what is changed, missing or new, and ends with 1 if anything is. Files that the signer"
          + " left out, the signature, and .git, .gitattributes, .github and .gitignore may be there."
    })
final class VerifyCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder with the model, or the one file.")
  private Path model;

  @Option(
      names = "--key",
      paramLabel = "PUBLIC.pem",
      required = true,
      description = "Required: the public key of who should have signed, in PEM.")
  private Path key;

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "Default: MODEL/model.sig, for one file MODEL.sig.")
  private Path signature;

  @Option(
      names = "--ignore",
      paramLabel = "PATH",
      description =
          "A file or folder, relative to MODEL, that may be there without being signed. Can be given"
              + " several times.")
  private List<Path> ignored = List.of();

  @Option(
      names = "--allow-unsigned-files",
      description = "Any files may be there without being signed; nothing is known of them.")
  private boolean allowUnsigned;

  @Option(
      names = "--allow-missing-files",
      description = "Signed files may be missing, as after a download, which leaves some out.")
  private boolean allowMissing;

  @Option(
      names = "--allow-symlinks",
      description = "Follow symbolic links to files, as in the Hub's cache.")
  private boolean allowSymlinks;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    ModelVerifier verifier = ModelVerifier.of(VerificationKey.read(key)).ignore(ignored);
    if (allowUnsigned) {
      verifier.allowUnsignedFiles();
    }
    if (allowMissing) {
      verifier.allowMissingFiles();
    }
    if (allowSymlinks) {
      verifier.allowSymlinks();
    }
    Verification found;
    try (TransferProgress progress = new TransferProgress()) {
      found =
          verifier
              .listener(progress::transferred)
              .verify(model, signature == null ? ModelSigner.signatureOf(model) : signature);
    }
    PrintWriter out = spec.commandLine().getOut();
    print(out, "changed", found.changed());
    print(out, "symbolic link", found.linked());
    print(out, "missing", found.missing());
    print(out, "new", found.added());
    print(out, "not signed", found.unsigned());
    if (!found.passed()) {
      throw new SigningException(model.toString(), reason(found));
    }
    int checked = found.signed() - found.missing().size();
    out.printf(
        "%s: %s %s as signed%n",
        model, Figures.counted(checked, "file"), checked == 1 ? "is" : "are");
    return 0;
  }

  private static void print(PrintWriter out, String what, List<String> names) {
    // A name is anyone's text, and may hold what steers a terminal.
    names.forEach(name -> out.println(what + ": " + name.replaceAll("\\p{C}", "?")));
  }

  private String reason(Verification found) {
    StringJoiner counts = new StringJoiner(", ", "is not as it was signed: ", "");
    count(counts, found.changed(), "changed");
    count(counts, found.linked(), "symbolic links, which allowSymlinks() follows");
    count(counts, found.missing(), "missing");
    count(counts, found.added(), "new");
    counts.add("of " + Figures.counted(found.signed(), "signed file"));
    boolean none = found.changed().size() + found.missing().size() == found.signed();
    return none
        ? counts + "; no file is as signed: perhaps this is the signature of another model"
        : counts.toString();
  }

  private static void count(StringJoiner counts, List<String> names, String what) {
    if (!names.isEmpty()) {
      counts.add(names.size() + " " + what);
    }
  }
}

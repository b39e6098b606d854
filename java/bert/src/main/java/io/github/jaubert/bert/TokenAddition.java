package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a Hugging Face folder again with more tokens, whatever its model is: the tokenizer gets
 * them as {@code add_tokens} of transformers gives them, the word embeddings and what is tied to
 * them get their rows as {@link Encoder#resizeTokenEmbeddings} has it, and all else stays.
 *
 * @param added how many tokens the tokenizer did not have
 * @param vocabSize how many word embeddings there are now; as many as before if the model had rows
 *     to spare
 */
public record TokenAddition(int added, int vocabSize) {
  /** Weights of any format, and what is written anew. */
  private static final Pattern NOT_COPIED =
      Pattern.compile(
          "(model|pytorch_model|tf_model|flax_model).*|.*\\.(onnx|h5|msgpack|ot)|config\\.json|\\..*");

  /**
   * Writes the folder.
   *
   * @param tokens as they stand in texts, none of them blank; those that the tokenizer has already
   *     are left out
   * @param out another folder
   * @throws CheckpointException if a file is missing or damaged, or cannot be written
   * @throws IllegalArgumentException if a token is blank, or the folder is that of an adapter
   */
  public static TokenAddition write(Path folder, List<String> tokens, Path out) {
    if (AdapterFolder.isIn(folder)) {
      throw new IllegalArgumentException(
          folder + ": tokens are added to a whole model, not to an adapter");
    }
    ModelFolder.recover(folder);
    TokenizerFiles before = TokenizerFiles.read(folder);
    TokenizerFiles after = before.withAddedTokens(tokens);
    ConfigJson json = ConfigJson.of(folder);
    EncoderConfig config = Architectures.readConfig(json);
    int rows = Math.max(config.vocabSize(), after.vocabularySize());
    ObjectNode fields = JsonFiles.readObject(folder.resolve("config.json"));
    fields.put(config.architecture().field("vocab_size"), rows);
    fields.put("dtype", "float32").put("torch_dtype", "float32");
    Map<String, AtomicFile.Content> files = copied(folder);
    files.putAll(PretrainedFolder.besideWeights(fields, after));
    try (StateDict weights = StateDict.openFolder(folder);
        Scope scope = Scope.open()) {
      CheckpointLoader.of(config, weights, "");
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      weights.names().forEach(name -> tensors.put(name, tensor(weights, name, config, rows)));
      files.put("model.safetensors", SafeTensorsWriter.content(tensors, SafeTensorsWriter.PYTORCH));
      ModelFolder.write(out, files);
    }
    return new TokenAddition(after.vocabularySize() - before.vocabularySize(), rows);
  }

  private static Tensor tensor(StateDict weights, String name, EncoderConfig config, int rows) {
    Shape shape = weights.shape(name);
    float[] values = weights.floats(name);
    if (!hasRowEachToken(config, name) || shape.rank() == 0 || shape.size(0) >= rows) {
      return Tensor.of(values, shape.toArray());
    }
    int width = (int) (shape.numel() / shape.size(0));
    long[] resized = shape.toArray();
    resized[0] = rows;
    return Tensor.of(AddedRows.resized(values, width, rows), resized);
  }

  /** Word embeddings, and what a head for masked tokens has for each token. */
  private static boolean hasRowEachToken(EncoderConfig config, String name) {
    Architecture names = config.architecture();
    String plain = CheckpointLoader.plainName(names, name);
    return plain.equals(names.wordEmbeddings())
        || Stream.of("bias", "decoder.weight", "decoder.bias")
            .anyMatch(part -> plain.equals(names.headName("cls.predictions." + part)));
  }

  /** What else lies in the folder, such as how sentences are pooled. */
  private static Map<String, AtomicFile.Content> copied(Path folder) {
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(folder, 2)) {
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        Path name = folder.relativize(file);
        boolean top = name.getNameCount() == 1;
        boolean json =
            name.toString().endsWith(".json") || name.toString().endsWith(".safetensors");
        if (json && !(top && NOT_COPIED.matcher(name.toString()).matches())
            || name.toString().equals("model_head.safetensors")) {
          files.put(name.toString(), AtomicFile.content(Files.readAllBytes(file)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": " + CheckpointException.describe(e), e);
    }
    return files;
  }
}

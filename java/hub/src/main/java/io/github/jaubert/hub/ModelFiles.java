package io.github.jaubert.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files of a repository Jaubert reads: what describes model and tokenizer, and weights in one
 * format, safetensors before pickles. Parts of sentence-transformers lie in folders such as {@code
 * 1_Pooling}.
 */
final class ModelFiles {
  /** Beside the weights. Those in the second list are in most repositories. */
  private static final Set<String> SMALL =
      Set.of(
          "modules.json",
          "config_sentence_transformers.json",
          "config_setfit.json",
          "jaubert_config.json",
          "model.sig",
          "vocab.json",
          "merges.txt",
          "sentencepiece.bpe.model",
          "spiece.model",
          "spm.model");

  /** Those that Python looks for in every repository, and remembers if they are not there. */
  static final Set<String> USUAL =
      Set.of(
          "config.json",
          "adapter_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.txt");

  private static final Pattern LENGTH = Pattern.compile("sentence_\\w+_config\\.json");
  private static final Pattern PART = Pattern.compile("(\\d{1,3}_\\w+|generator)/");
  private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");
  private static final List<String> MORE_WEIGHTS =
      List.of("adapter_model.safetensors", "model_head.safetensors");
  private static final String INDEX = ".index.json";
  private static final Pattern OTHER_WEIGHTS =
      Pattern.compile(".*\\.(h5|msgpack|onnx|ot|gguf|bin|pt|ckpt|safetensors|mlmodel|index|pkl)");

  private final TreeSet<String> all;

  ModelFiles(Collection<String> all) {
    this.all = new TreeSet<>(all);
  }

  /** Whether there is a model at all. */
  boolean isModel() {
    return all.contains("config.json") || all.contains("adapter_config.json");
  }

  /** What describes the model and its tokenizer. */
  List<String> small() {
    return all.stream().filter(ModelFiles::isSmall).toList();
  }

  private static boolean isSmall(String path) {
    String folder = folder(path);
    String name = path.substring(folder.length());
    return isFolder(folder)
        && (SMALL.contains(name) || USUAL.contains(name) || LENGTH.matcher(name).matches());
  }

  private static String folder(String path) {
    return path.substring(0, path.lastIndexOf('/') + 1);
  }

  private static boolean isFolder(String folder) {
    return folder.isEmpty() || PART.matcher(folder).matches();
  }

  /**
   * The weights; in place of those in several files their index, see {@link #shards}.
   *
   * @return nothing if there are none that Jaubert reads
   */
  List<String> weights() {
    Set<String> folders =
        all.stream()
            .map(ModelFiles::folder)
            .filter(ModelFiles::isFolder)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<String> found = new ArrayList<>();
    for (String folder : folders) {
      best(folder).ifPresent(found::add);
      MORE_WEIGHTS.stream().map(folder::concat).filter(all::contains).forEach(found::add);
    }
    return found;
  }

  private Optional<String> best(String folder) {
    return WEIGHTS.stream()
        .flatMap(name -> List.of(folder + name, folder + name + INDEX).stream())
        .filter(all::contains)
        .findFirst();
  }

  /** Whether the weights of the model itself are there, as one file or by an index. */
  boolean hasWeights() {
    return weights().stream()
        .filter(path -> !path.endsWith("model_head.safetensors")) // which stands on an encoder
        .anyMatch(path -> folder(path).isEmpty() || folder(path).startsWith("0_"));
  }

  /** What there is instead of weights that Jaubert reads, for a message. */
  String otherWeights() {
    String others =
        all.stream()
            .filter(path -> OTHER_WEIGHTS.matcher(path).matches())
            .limit(5)
            .map(HubErrors::plain)
            .collect(Collectors.joining(", "));
    return others.isEmpty() ? "no weights at all" : others;
  }

  static boolean isIndex(String path) {
    return path.endsWith(INDEX);
  }

  /**
   * The files that an index names.
   *
   * @param json of the index
   * @throws HubException if it is no index, or names a file that is not in the repository or not
   *     beside it
   */
  List<String> shards(String index, JsonNode json) {
    JsonNode map = json.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new HubException(HubFault.DAMAGED, index + " has no 'weight_map'");
    }
    Set<String> shards = new TreeSet<>();
    map.forEach(
        value -> {
          String path = folder(index) + value.asText();
          RemoteFile.check(path);
          if (!value.isTextual() || value.asText().contains("/") || !all.contains(path)) {
            throw new HubException(
                HubFault.DAMAGED,
                "%s says that weights are in '%s', which the repository does not hold"
                    .formatted(index, HubErrors.plain(value.asText())));
          }
          shards.add(path);
        });
    return List.copyOf(shards);
  }
}

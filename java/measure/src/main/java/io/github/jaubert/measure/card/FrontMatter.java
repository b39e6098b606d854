package io.github.jaubert.measure.card;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The YAML that a card begins with, which the Hub reads (<a
 * href="https://github.com/huggingface/hub-docs/blob/main/modelcard.md">its keys</a>).
 */
final class FrontMatter {
  private static final String FENCE = "---";

  /** What only measurements say: it is written anew. All else stays as a person left it. */
  private static final Set<String> MEASURED =
      Set.of("model-index", "metrics", "co2_eq_emissions", ModelCard.OWN);

  private FrontMatter() {}

  /**
   * A card in its two parts.
   *
   * @param data what the YAML says
   * @param body the text below it
   */
  record Card(Map<String, Object> data, String body) {}

  /**
   * Takes a card apart.
   *
   * @param file its name, for errors
   * @throws CheckpointException if it begins with YAML that cannot be read
   */
  static Card parse(String file, String card) {
    String text = card.startsWith("\uFEFF") ? card.substring(1) : card;
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.get(0).stripTrailing().equals(FENCE)) {
      return new Card(new LinkedHashMap<>(), text);
    }
    int end = 1;
    while (end < lines.size() && !lines.get(end).stripTrailing().equals(FENCE)) {
      end++;
    }
    if (end == lines.size()) {
      throw new CheckpointException(file, "begins with --- and has no second line --- after it");
    }
    String body = String.join("\n", lines.subList(end + 1, lines.size()));
    return new Card(yaml(file, String.join("\n", lines.subList(1, end))), body);
  }

  private static Map<String, Object> yaml(String file, String text) {
    Object read;
    try {
      read = new Load(LoadSettings.builder().setLabel(file).build()).loadFromString(text);
    } catch (YamlEngineException e) {
      throw new CheckpointException(file, "the YAML at its beginning: " + e.getMessage(), e);
    }
    Map<String, Object> data = new LinkedHashMap<>();
    if (read instanceof Map<?, ?> map) {
      map.forEach((key, value) -> data.put(String.valueOf(key), value));
    } else if (read != null) {
      throw new CheckpointException(file, "the YAML at its beginning holds no keys and values");
    }
    return data;
  }

  /** What was known before, and what is known now: tags of both, and people's words over ours. */
  static Map<String, Object> merge(Map<String, Object> before, Map<String, Object> now) {
    Map<String, Object> merged = new LinkedHashMap<>(before);
    MEASURED.forEach(merged::remove);
    now.forEach(
        (key, value) -> {
          if (MEASURED.contains(key) || merged.get(key) == null) {
            merged.put(key, value);
          } else if (key.equals("tags")) {
            merged.put(key, union(merged.get(key), value));
          }
        });
    return merged;
  }

  private static List<Object> union(Object some, Object others) {
    Set<Object> all = new LinkedHashSet<>(list(some));
    all.addAll(list(others));
    return new ArrayList<>(all);
  }

  /** A list as it is, and any other value as a list of one. */
  static List<?> list(Object value) {
    return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
  }

  /** The YAML with its fences. */
  static String format(Map<String, Object> data) {
    DumpSettings settings =
        DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).setWidth(1000).build();
    return FENCE + "\n" + new Dump(settings).dumpToString(data) + FENCE + "\n";
  }
}

package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.tensor.Shape;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A checkpoint in several files with an index beside them: {@code {"weight_map": {"tensor name":
 * "model-00001-of-00002.safetensors", ...}}}.
 */
final class ShardedWeights implements StateDict {
  private final String index;
  private final Map<String, StateDict> shardOf;

  private ShardedWeights(String index, Map<String, StateDict> shardOf) {
    this.index = index;
    this.shardOf = shardOf;
  }

  /**
   * Opens all shards.
   *
   * @param open opens one of them
   */
  static ShardedWeights open(Path indexFile, Function<Path, StateDict> open) {
    String index = indexFile.toString();
    JsonNode weightMap = JsonFiles.readObject(indexFile).get("weight_map");
    if (weightMap == null || !weightMap.isObject()) {
      throw new CheckpointException(index, "'weight_map' is missing or not an object");
    }
    Map<String, StateDict> opened = new LinkedHashMap<>();
    Map<String, StateDict> shardOf = new LinkedHashMap<>();
    try {
      weightMap
          .properties()
          .forEach(
              field -> {
                String shard = shardName(index, field.getKey(), field.getValue());
                StateDict file =
                    opened.computeIfAbsent(
                        shard, name -> open.apply(indexFile.resolveSibling(name)));
                if (!file.names().contains(field.getKey())) {
                  throw new CheckpointException(
                      index,
                      "says that " + shard + " holds '" + field.getKey() + "', but it does not");
                }
                shardOf.put(field.getKey(), file);
              });
    } catch (RuntimeException | Error e) {
      opened.values().forEach(StateDict::close);
      throw e;
    }
    return new ShardedWeights(index, Collections.unmodifiableMap(shardOf));
  }

  /** A shard lies beside its index: a name with a path in it would reach elsewhere. */
  private static String shardName(String index, String tensor, JsonNode value) {
    String name = value.isTextual() ? value.asText() : "";
    if (name.isEmpty()
        || name.indexOf('/') >= 0
        || name.indexOf('\\') >= 0
        || name.equals("..")
        || name.equals(".")) {
      throw new CheckpointException(
          index, "'weight_map' gives " + value + " as the file of '" + tensor + "'");
    }
    return name;
  }

  private StateDict shard(String name) {
    StateDict shard = shardOf.get(name);
    if (shard == null) {
      throw new IllegalArgumentException(index + " has no tensor '" + name + "'");
    }
    return shard;
  }

  @Override
  public Set<String> names() {
    return shardOf.keySet();
  }

  @Override
  public Shape shape(String name) {
    return shard(name).shape(name);
  }

  @Override
  public float[] floats(String name) {
    return shard(name).floats(name);
  }

  @Override
  public String file(String name) {
    return shard(name).source();
  }

  @Override
  public String source() {
    return index;
  }

  @Override
  public void close() {
    shardOf.values().forEach(StateDict::close);
  }
}

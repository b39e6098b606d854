package io.github.jaubert.bert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.tensor.Shape;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A checkpoint in several safetensors files with an index beside them: {@code {"weight_map":
 * {"tensor name": "model-00001-of-00002.safetensors", ...}}}.
 */
final class ShardedSafeTensors implements StateDict {
  private final String index;
  private final Map<String, SafeTensors> shardOf;

  private ShardedSafeTensors(String index, Map<String, SafeTensors> shardOf) {
    this.index = index;
    this.shardOf = shardOf;
  }

  static ShardedSafeTensors open(Path indexFile) {
    String index = indexFile.toString();
    JsonNode weightMap = JsonFiles.readObject(indexFile).get("weight_map");
    if (weightMap == null || !weightMap.isObject()) {
      throw new CheckpointException(index, "'weight_map' is missing or not an object");
    }
    Map<String, SafeTensors> opened = new LinkedHashMap<>();
    Map<String, SafeTensors> shardOf = new LinkedHashMap<>();
    try {
      weightMap
          .properties()
          .forEach(
              field -> {
                String shard = shardName(index, field.getKey(), field.getValue());
                SafeTensors file =
                    opened.computeIfAbsent(
                        shard, name -> SafeTensors.open(indexFile.resolveSibling(name)));
                if (!file.names().contains(field.getKey())) {
                  throw new CheckpointException(
                      index,
                      "says that " + shard + " holds '" + field.getKey() + "', but it does not");
                }
                shardOf.put(field.getKey(), file);
              });
    } catch (RuntimeException | Error e) {
      opened.values().forEach(SafeTensors::close);
      throw e;
    }
    return new ShardedSafeTensors(index, Collections.unmodifiableMap(shardOf));
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

  private SafeTensors shard(String name) {
    SafeTensors shard = shardOf.get(name);
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
    shardOf.values().forEach(SafeTensors::close);
  }
}

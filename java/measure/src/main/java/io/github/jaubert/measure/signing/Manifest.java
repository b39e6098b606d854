package io.github.jaubert.measure.signing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is signed: the files of a model with their hashes, as an in-toto statement v1.
 *
 * @param model its name, which is for people: a signature holds for a renamed folder
 * @param files for each name within the model the hashes of its parts in order; the one file of a
 *     model that is no folder is called {@code .}
 * @param shardSize the size of the parts in bytes; {@link Long#MAX_VALUE} if files are hashed whole
 * @param allowSymlinks whether links to files were followed
 * @param ignored names of files and folders that were left out
 */
record Manifest(
    String model,
    Map<String, List<String>> files,
    long shardSize,
    boolean allowSymlinks,
    List<String> ignored) {
  private static final String STATEMENT = "https://in-toto.io/Statement/v1";
  private static final String PREDICATE = "https://model_signing/signature/v1.0";
  private static final String SHA_256 = "sha256";
  private static final int DIGITS = 64;
  private static final long LARGEST_SHARD = 1L << 50;

  /** Folder by folder, by code points: the order in which the hashes make one. */
  static final Comparator<String> ORDER =
      (a, b) -> Arrays.compareUnsigned(sortable(a), sortable(b));

  private static byte[] sortable(String name) {
    return name.replace('/', '\0').getBytes(StandardCharsets.UTF_8);
  }

  boolean isWhole() {
    return shardSize == Long.MAX_VALUE;
  }

  /** The statement, of files hashed whole. */
  byte[] toJson() {
    ObjectNode statement = JsonFiles.object();
    statement.put("_type", STATEMENT);
    MessageDigest root = VerificationKey.sha256();
    ObjectNode subject = statement.putArray("subject").addObject().put("name", model);
    ObjectNode digest = subject.putObject("digest");
    statement.put("predicateType", PREDICATE);
    ObjectNode predicate = statement.putObject("predicate");
    ObjectNode serialization = predicate.putObject("serialization");
    serialization.put("method", "files").put("hash_type", SHA_256);
    serialization.put("allow_symlinks", allowSymlinks);
    ignored.forEach(serialization.putArray("ignore_paths")::add);
    var resources = predicate.putArray("resources");
    for (String name : files.keySet().stream().sorted(ORDER).toList()) {
      String hash = files.get(name).get(0);
      root.update(HexFormat.of().parseHex(hash));
      resources.addObject().put("name", name).put("algorithm", SHA_256).put("digest", hash);
    }
    digest.put(SHA_256, HexFormat.of().formatHex(root.digest()));
    return JsonFiles.format(statement);
  }

  /**
   * Reads a statement.
   *
   * @param file it comes from, for messages
   * @throws SigningException if it is of another kind, or not consistent
   */
  static Manifest parse(String file, byte[] json) {
    ObjectNode statement = JsonFiles.parseObject(file + ": its payload", json);
    Json.expect(file, statement, "_type", STATEMENT);
    Json.expect(file, statement, "predicateType", PREDICATE);
    JsonNode subjects = statement.path("subject");
    if (!subjects.isArray() || subjects.size() != 1) {
      throw new SigningException(file, "has not one model in its 'subject'");
    }
    JsonNode predicate = statement.path("predicate");
    JsonNode serialization = predicate.path("serialization");
    long shardSize = shardSize(file, serialization);
    Json.expect(file, serialization, "hash_type", SHA_256);
    JsonNode resources = predicate.path("resources");
    if (!resources.isArray() || resources.isEmpty()) {
      throw new SigningException(file, "signs no file");
    }
    Map<String, List<String>> files = resources(file, resources, shardSize);
    String root = Json.text(file, subjects.get(0).path("digest"), SHA_256);
    MessageDigest digest = VerificationKey.sha256();
    resources.forEach(one -> digest.update(HexFormat.of().parseHex(one.path("digest").asText())));
    if (!HexFormat.of().formatHex(digest.digest()).equals(root)) {
      throw new SigningException(
          file, "is not consistent: the hashes of its files do not make that of its 'subject'");
    }
    List<String> ignored = new ArrayList<>();
    serialization.path("ignore_paths").forEach(path -> ignored.add(path.asText()));
    return new Manifest(
        Json.text(file, subjects.get(0), "name"),
        files,
        shardSize,
        serialization.path("allow_symlinks").asBoolean(false),
        ignored);
  }

  private static long shardSize(String file, JsonNode serialization) {
    String method = Json.text(file, serialization, "method");
    if (method.equals("files")) {
      return Long.MAX_VALUE;
    }
    JsonNode size = serialization.path("shard_size");
    boolean whole = size.canConvertToExactIntegral() && size.canConvertToLong();
    if (!method.equals("shards") || !whole || size.asLong() < 1 || size.asLong() > LARGEST_SHARD) {
      throw new SigningException(
          file,
          "'method' is '%s' with 'shard_size' %s, not files, or shards with their size"
              .formatted(Json.plain(method), Json.plain(size.toString())));
    }
    return size.asLong();
  }

  private static Map<String, List<String>> resources(
      String file, JsonNode resources, long shardSize) {
    boolean whole = shardSize == Long.MAX_VALUE;
    String algorithm = whole ? SHA_256 : SHA_256 + "-sharded-" + shardSize;
    Map<String, TreeMap<Long, Shard>> found = new TreeMap<>(ORDER);
    for (JsonNode resource : resources) {
      Json.expect(file, resource, "algorithm", algorithm);
      String hash = Json.text(file, resource, "digest");
      if (hash.length() != DIGITS || !hash.matches("[0-9a-f]+")) {
        throw new SigningException(file, "'" + Json.plain(hash) + "' is no SHA-256");
      }
      String name = Json.text(file, resource, "name");
      Shard shard =
          whole ? new Shard(name, 0, shardSize, hash) : Shard.of(file, name, shardSize, hash);
      if (!isName(shard.file)) {
        throw new SigningException(
            file, "'" + Json.plain(shard.file) + "' is not the name of a file within the model");
      }
      TreeMap<Long, Shard> shards = found.computeIfAbsent(shard.file, key -> new TreeMap<>());
      if (shards.put(shard.start, shard) != null) {
        throw new SigningException(file, "names '" + Json.plain(name) + "' twice");
      }
    }
    Map<String, List<String>> files = new TreeMap<>(ORDER);
    found.forEach((name, shards) -> files.put(name, joined(file, name, shards, shardSize)));
    return files;
  }

  /** No way out of the model: not {@code ..}, no root, no empty step. One file alone is ".". */
  private static boolean isName(String name) {
    if (name.equals(".")) {
      return true;
    }
    for (String step : name.split("/", -1)) {
      if (step.isEmpty() || step.equals(".") || step.equals("..") || step.indexOf('\0') >= 0) {
        return false;
      }
    }
    return true;
  }

  private static List<String> joined(
      String file, String name, TreeMap<Long, Shard> shards, long shardSize) {
    long start = 0;
    boolean full = true;
    for (Shard shard : shards.values()) {
      if (!full || shard.start != start) {
        throw new SigningException(
            file, "the shards of '" + Json.plain(name) + "' do not make a file");
      }
      full = shard.end - shard.start == shardSize;
      start = shard.end;
    }
    return shards.values().stream().map(Shard::hash).toList();
  }

  /** A part of a file. */
  private record Shard(String file, long start, long end, String hash) {
    static Shard of(String file, String name, long shardSize, String hash) {
      int second = name.lastIndexOf(':');
      int first = name.lastIndexOf(':', second - 1);
      if (first > 0 && name.substring(first).matches(":\\d{1,18}:\\d{1,18}")) {
        long start = Long.parseLong(name.substring(first + 1, second));
        long end = Long.parseLong(name.substring(second + 1));
        if (end > start && end - start <= shardSize) {
          return new Shard(name.substring(0, first), start, end, hash);
        }
      }
      throw new SigningException(file, "'" + Json.plain(name) + "' is no shard, FILE:START:END");
    }
  }
}

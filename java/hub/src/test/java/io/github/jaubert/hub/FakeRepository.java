package io.github.jaubert.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A repository of {@link FakeHub}: files, of which some are large, under one commit. */
final class FakeRepository {
  final String name;
  final Map<String, byte[]> files = new TreeMap<>();
  final Set<String> large = new TreeSet<>();
  final Set<String> tags = new TreeSet<>(Set.of("main"));
  boolean isPrivate;
  boolean gated;
  private int version;

  FakeRepository(String name) {
    this.name = name;
  }

  FakeRepository file(String path, String text) {
    return file(path, text.getBytes(StandardCharsets.UTF_8));
  }

  FakeRepository file(String path, byte[] content) {
    files.put(path, content);
    version++;
    return this;
  }

  FakeRepository large(String path, byte[] content) {
    large.add(path);
    return file(path, content);
  }

  FakeRepository tag(String tag) {
    tags.add(tag);
    return this;
  }

  /** The commit that all its branches and tags are at. */
  String commit() {
    return hex("SHA-1", (name + " " + version).getBytes(StandardCharsets.UTF_8));
  }

  boolean has(String revision) {
    return tags.contains(revision) || revision.equals(commit());
  }

  String etag(String path) {
    byte[] content = files.get(path);
    return large.contains(path) ? hex("SHA-256", content) : gitBlob(content);
  }

  static String gitBlob(byte[] content) {
    byte[] before = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[before.length + content.length];
    System.arraycopy(before, 0, all, 0, before.length);
    System.arraycopy(content, 0, all, before.length, content.length);
    return hex("SHA-1", all);
  }

  static String hex(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

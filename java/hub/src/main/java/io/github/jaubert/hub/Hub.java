package io.github.jaubert.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of Hugging Face's Hub:
 *
 * <pre>{@code
 * Path folder = Hub.of(HubSettings.fromEnvironment())
 *     .fetch(ModelName.of("sentence-transformers/all-MiniLM-L6-v2"));
 * }</pre>
 *
 * <p>What is fetched goes into the cache that Python's {@code huggingface_hub} has, and what Python
 * fetched is found there. Only the files that Jaubert reads are fetched; pickles are not where
 * there are safetensors. Each file is checked against the hash that the Hub has for it before it
 * gets its name. A transfer that broke off goes on where it was. The token is sent to the Hub's own
 * address and to no other.
 */
public final class Hub {
  private static final Logger LOG = LoggerFactory.getLogger(Hub.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_LISTING = 32 << 20;

  /** With these, what is in the cache serves. */
  private static final Set<HubFault> OUT_OF_REACH =
      EnumSet.of(
          HubFault.NO_REPOSITORY,
          HubFault.UNAUTHORIZED,
          HubFault.GATED,
          HubFault.FORBIDDEN,
          HubFault.RATE_LIMIT,
          HubFault.SERVER,
          HubFault.CONNECTION);

  private final HubSettings settings;
  private final Waits waits;
  private final HubHttp http;
  private final HubPaths paths;
  private final HubErrors errors;
  private final HubCache cache;
  private final TransferListener listener;

  private Hub(HubSettings settings, Waits waits, HubHttp http, TransferListener listener) {
    this.settings = settings;
    this.waits = waits;
    this.http = http;
    this.paths = new HubPaths(settings);
    this.errors = new HubErrors(settings);
    this.cache = new HubCache(settings.cache());
    this.listener = listener;
  }

  /** The Hub as the settings have it; opens no connection yet. */
  public static Hub of(HubSettings settings) {
    return of(settings, Waits.REAL, HubHttp.STALLED);
  }

  /** The same with another time, for tests. */
  static Hub of(HubSettings settings, Waits waits, Duration stalled) {
    return new Hub(
        settings, waits, new HubHttp(settings, waits, stalled), (file, bytes, size) -> {});
  }

  /** The same Hub, which tells how far transfers are. */
  public Hub withListener(TransferListener other) {
    return new Hub(settings, waits, http, other);
  }

  /** A version of a model, as the Hub lists it. */
  private record Listing(String commit, Map<String, RemoteFile> files) {}

  /**
   * Sees to it that a model is in the cache: its config, its tokenizer and its weights. If the Hub
   * cannot be reached, or does not show the model any more, what the cache has of it serves, with a
   * warning.
   *
   * @return the folder with the files
   * @throws HubException if it is not there and cannot be fetched
   */
  public Path fetch(ModelName name) {
    return fetch(name, true);
  }

  /**
   * The same without weights: what a tokenizer needs, and the config.
   *
   * @throws HubException if they are not there and cannot be fetched
   */
  public Path fetchWithoutWeights(ModelName name) {
    return fetch(name, false);
  }

  private Path fetch(ModelName name, boolean weights) {
    Optional<String> known = cache.commit(name);
    Optional<Path> there = there(name, weights);
    if (settings.offline()) {
      return there.orElseThrow(() -> notInCache(name, known));
    }
    Listing listing;
    try {
      // With a copy at hand nobody waits for a hub that does not answer.
      listing = list(name, there.isPresent() ? 0 : Retries.USUAL);
    } catch (HubException e) {
      if (there.isEmpty() || !OUT_OF_REACH.contains(e.fault())) {
        throw e;
      }
      LOG.warn("{}; the copy in the cache is used, commit {}", e.getMessage(), known.orElseThrow());
      return there.get();
    }
    bring(name, listing, weights);
    cache.remember(name, listing.commit());
    return cache.snapshot(name, listing.commit());
  }

  /** A model whose config and weights are in the cache; opens no connection. */
  public Optional<Path> find(ModelName name) {
    return there(name, true);
  }

  private Optional<Path> there(ModelName name, boolean weights) {
    return cache
        .commit(name)
        .filter(commit -> isThere(name, commit, weights))
        .map(commit -> cache.snapshot(name, commit));
  }

  private HubException notInCache(ModelName name, Optional<String> known) {
    return new HubException(
        HubFault.OFFLINE,
        "%s: connections are forbidden (--offline, HF_HUB_OFFLINE), and %s holds %s; fetch it once with a connection: jaubert download %s"
            .formatted(
                name,
                cache.folder(name),
                known.filter(commit -> !cache.files(name, commit).isEmpty()).isPresent()
                    ? "only a part of it"
                    : "nothing of it",
                name));
  }

  private boolean isThere(ModelName name, String commit, boolean weights) {
    Set<String> files = cache.files(name, commit);
    ModelFiles model = new ModelFiles(files);
    return model.isModel()
        && (!weights
            || model.hasWeights()
                && model.weights().stream()
                    .filter(ModelFiles::isIndex)
                    .allMatch(index -> hasShards(name, commit, model, index)));
  }

  private boolean hasShards(ModelName name, String commit, ModelFiles model, String index) {
    try {
      model.shards(index, read(cache.file(name, commit, index)));
      return true;
    } catch (HubException e) {
      return false; // one is missing
    }
  }

  private Listing list(ModelName name, int tries) {
    URI address = paths.listing(name);
    JsonNode json = json(name, HubHttp.Call.get(address), new Retries(waits, tries));
    String commit = json.path("sha").asText();
    if (!ModelName.isCommit(commit) || !json.path("siblings").isArray()) {
      throw new HubException(
          HubFault.PROTOCOL,
          "%s: the answer of %s is none of a hub (no 'sha' or 'siblings'); is HF_ENDPOINT right, or is a proxy in between?"
              .formatted(name, HubHttp.host(address)));
    }
    Map<String, RemoteFile> files = new LinkedHashMap<>();
    for (JsonNode file : json.path("siblings")) {
      String path = file.path("rfilename").asText();
      JsonNode large = file.path("lfs");
      files.put(
          path,
          new RemoteFile(
              path,
              large.path("size").asLong(file.path("size").asLong(-1)),
              large.path("sha256").asText(null),
              large.isObject() ? null : file.path("blobId").asText(null)));
    }
    return new Listing(commit, files);
  }

  /** Tells the Hub, which has nothing to say to it. */
  void tell(ModelName name, URI address, JsonNode json, String type) {
    answer(name, posting(address, json, type), http.retries());
  }

  private static HubHttp.Call posting(URI address, JsonNode json, String type) {
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    return HubHttp.Call.post(address, type, () -> BodyPublishers.ofByteArray(bytes))
        .with("Accept", type);
  }

  /** What the Hub knows of a version of a repository. */
  JsonNode listing(ModelName name) {
    return json(name, HubHttp.Call.get(paths.listing(name)), http.retries());
  }

  /** Sends JSON, and gives what the Hub answers. */
  JsonNode post(ModelName name, URI address, JsonNode json, String type) {
    return json(name, posting(address, json, type), http.retries());
  }

  /** Commits; once, as whoever heard no answer cannot know what became of it. */
  JsonNode commit(ModelName name, byte[] lines) {
    return json(
        name,
        HubHttp.Call.post(
            paths.api(name, "commit"),
            "application/x-ndjson",
            () -> BodyPublishers.ofByteArray(lines)),
        new Retries(waits, 0));
  }

  /** What the Hub answers, which must be JSON. */
  private JsonNode json(ModelName name, HubHttp.Call call, Retries retries) {
    byte[] body = answer(name, call, retries);
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new HubException(
          HubFault.PROTOCOL,
          "%s: the answer of %s is no JSON; is HF_ENDPOINT right, or is a proxy in between?"
              .formatted(name, HubHttp.host(call.uri())),
          e);
    }
  }

  private byte[] answer(ModelName name, HubHttp.Call call, Retries retries) {
    Sink.Bytes body = new Sink.Bytes(LONGEST_LISTING);
    HubHttp.Answer answer;
    try {
      answer = http.ask(call, body, retries);
    } catch (HubException e) {
      throw HubErrors.about(name.toString(), e);
    } catch (IOException e) {
      throw errors.unreachable(name, null, call.uri(), e);
    }
    if (!answer.isSuccess()) {
      throw errors.of(name, null, answer);
    }
    return body.toByteArray();
  }

  /** Small files first, so that weights in the cache mean that all else is there. */
  private void bring(ModelName name, Listing listing, boolean weights) {
    ModelFiles model = new ModelFiles(listing.files().keySet());
    if (!model.isModel() || weights && !model.hasWeights()) {
      throw new HubException(
          HubFault.NO_MODEL,
          "%s: %s; Jaubert reads config.json with model.safetensors or pytorch_model.bin, or their shards"
              .formatted(
                  name,
                  model.isModel()
                      ? "its weights are in no format that is read: " + model.otherWeights()
                      : "holds no config.json"));
    }
    Download download = new Download(settings, http, cache, name, listing.commit(), listener);
    List<String> wanted = new ArrayList<>(model.small());
    if (weights) {
      List<String> all = model.weights();
      all.stream().filter(ModelFiles::isIndex).forEach(wanted::add);
      all.stream().filter(path -> !ModelFiles.isIndex(path)).forEach(wanted::add);
    }
    announce(name, listing, wanted);
    for (String path : wanted) {
      download.fetch(listing.files().get(path));
      if (ModelFiles.isIndex(path)) {
        for (String shard : shards(name, listing, model, path)) {
          download.fetch(listing.files().get(shard));
        }
      }
    }
    ModelFiles.USUAL.stream()
        .filter(path -> !listing.files().containsKey(path))
        .forEach(path -> cache.rememberAbsent(name, listing.commit(), path));
  }

  private List<String> shards(ModelName name, Listing listing, ModelFiles model, String index) {
    try {
      return model.shards(index, read(cache.file(name, listing.commit(), index)));
    } catch (HubException e) {
      throw HubErrors.about(name.toString(), e);
    }
  }

  private void announce(ModelName name, Listing listing, List<String> wanted) {
    boolean missing =
        wanted.stream().anyMatch(path -> !Files.exists(cache.file(name, listing.commit(), path)));
    if (missing) {
      LOG.info("fetching {} from {} into {}", name, settings.host(), cache.root());
    }
  }

  private static JsonNode read(Path file) {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new HubException(HubFault.DAMAGED, file.getFileName() + " is no JSON", e);
    } catch (IOException e) {
      throw Disk.unreadable(file, e);
    }
  }

  /**
   * What models the cache holds, by name; opens no connection.
   *
   * @throws HubException if the cache cannot be read
   */
  public List<CachedModel> cached() {
    return new CacheListing(cache).models();
  }

  /**
   * What of a folder {@link #upload} does not send, relative to the folder.
   *
   * @throws HubException if it cannot be read
   */
  public static List<Path> leftOut(Path folder) {
    return UploadFiles.leftOut(folder);
  }

  /**
   * Uploads the model in a folder, and what lies beside it, as one commit. The repository is made
   * if it is not there. Large files go where the Hub keeps these; one that it has already is not
   * sent again. Not uploaded are hidden files and folders, checkpoints to go on from, and logs.
   *
   * @param to the repository, with the branch to add to
   * @param isPrivate whether a new repository is shown to its owner alone
   * @param message the commit's, one line
   * @return where the commit can be seen
   * @throws HubException if there is no token, the folder holds no model, or the Hub refuses
   */
  public URI upload(Path folder, ModelName to, boolean isPrivate, String message) {
    return new Upload(settings, this, http, listener).run(folder, to, isPrivate, message);
  }
}

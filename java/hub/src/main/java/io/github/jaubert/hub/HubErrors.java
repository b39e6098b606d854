package io.github.jaubert.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import javax.net.ssl.SSLException;

/** Puts into words what the Hub answered, and what can be done. */
final class HubErrors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_WORDS = 300;
  private final HubSettings settings;

  HubErrors(HubSettings settings) {
    this.settings = settings;
  }

  /** The same complaint with what it is about in front. */
  static HubException about(String subject, HubException e) {
    return new HubException(e.fault(), subject + ": " + e.getMessage(), e);
  }

  /** A repository, or a file in it. */
  static String subject(ModelName name, String file) {
    return file == null ? name.toString() : name + ", " + file;
  }

  /** An answer that is no success. */
  HubException of(ModelName name, String file, HubHttp.Answer answer) {
    String code = String.valueOf(answer.header("X-Error-Code"));
    String subject = subject(name, file);
    String host = HubHttp.host(answer.uri());
    String page = settings.endpoint() + "/" + name.repository();
    HubFault fault =
        switch (code) {
          case "RepoNotFound" -> HubFault.NO_REPOSITORY;
          case "RevisionNotFound" -> HubFault.NO_REVISION;
          case "EntryNotFound" -> HubFault.NO_FILE;
          case "GatedRepo" -> HubFault.GATED;
          case "DisabledRepo" -> HubFault.FORBIDDEN;
          default -> byStatus(answer.status(), file);
        };
    String said = words(answer);
    String what =
        switch (fault) {
          case NO_REPOSITORY ->
              "%s has no such model, or shows it to its members alone%s; look at %s, and if it is private, %s"
                  .formatted(host, said, page, giveToken());
          case UNAUTHORIZED ->
              settings.token() == null
                  ? "%s has no such model, or it is private or gated%s; look at %s, and if it is there, %s"
                      .formatted(host, said, page, giveToken())
                  : "%s does not take the token%s; make another on %s/settings/tokens, and %s"
                      .formatted(host, said, settings.endpoint(), giveToken());
          case GATED ->
              "%s wants its terms accepted first%s: do so on %s, and %s"
                  .formatted(host, said, page, giveToken());
          case FORBIDDEN ->
              "%s forbids it%s; %s"
                  .formatted(
                      host,
                      said,
                      settings.token() == null
                          ? giveToken()
                          : "the token lacks the right, see %s/settings/tokens"
                              .formatted(settings.endpoint()));
          case NO_REVISION ->
              "%s has the model, but no branch, tag or commit '%s'; see %s/tree/main"
                  .formatted(host, name.revision(), page);
          case NO_FILE -> "%s has the model, but not this file%s".formatted(host, said);
          case RATE_LIMIT ->
              "%s takes no more requests for now%s%s; wait, or %s"
                  .formatted(
                      host,
                      said,
                      answer.header("Retry-After") == null
                          ? ""
                          : " (Retry-After: " + plain(answer.header("Retry-After")) + ")",
                      giveToken());
          case SERVER ->
              "%s failed%s; try later, or with --offline (HF_HUB_OFFLINE=1) if the model is in the cache"
                  .formatted(host, said);
          default ->
              (answer.status() / 100 == 4
                      ? "%s refuses it%s"
                      : "%s gave an answer that is none of a hub's%s")
                  .formatted(host, said);
        };
    return new HubException(fault, subject + ": " + what);
  }

  private static HubFault byStatus(int status, String file) {
    return switch (status) {
      case 401 -> HubFault.UNAUTHORIZED;
      case 403 -> HubFault.FORBIDDEN;
      case 404 -> file == null ? HubFault.NO_REPOSITORY : HubFault.NO_FILE;
      case 429 -> HubFault.RATE_LIMIT;
      default -> status >= 500 || status == 408 ? HubFault.SERVER : HubFault.PROTOCOL;
    };
  }

  private String giveToken() {
    return settings.token() == null
        ? "give a token: HF_TOKEN, or a file that HF_TOKEN_PATH names"
        : "give the token of an account that may (HF_TOKEN, or the file of HF_TOKEN_PATH)";
  }

  /** The status, and the server's own words if it has any. */
  private static String words(HubHttp.Answer answer) {
    String words = answer.header("X-Error-Message");
    if (words == null && !answer.text().isBlank()) {
      try {
        words = JSON.readTree(answer.text()).path("error").asText(null);
      } catch (JsonProcessingException e) {
        words = null; // a page for people
      }
    }
    return words == null || words.isBlank()
        ? " (%d)".formatted(answer.status())
        : " (%d: %s)".formatted(answer.status(), plain(words));
  }

  /** Words of a server, which must not steer a terminal or fill a log. */
  static String plain(String words) {
    String line = words.strip().replaceAll("\\p{Cntrl}+", " ");
    return line.length() > LONGEST_WORDS ? line.substring(0, LONGEST_WORDS) + "…" : line;
  }

  /** No answer came, or not all of it. */
  HubException unreachable(ModelName name, String file, URI uri, IOException e) {
    boolean never = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
    String reason =
        e instanceof SSLException
            ? "no secure connection: " + Disk.describe(e)
            : never && e.getMessage() == null
                ? "no connection"
                : never
                    ? "no connection: " + e.getMessage()
                    : "the transfer broke off: " + Disk.describe(e);
    String remedy =
        never || e instanceof SSLException
            ? "is the network up? Behind a proxy set -Dhttps.proxyHost and -Dhttps.proxyPort; HF_ENDPOINT names a mirror"
            : "try again, it goes on where it was";
    return new HubException(
        HubFault.CONNECTION,
        "%s: %s: %s; %s".formatted(subject(name, file), HubHttp.host(uri), reason, remedy),
        e);
  }
}

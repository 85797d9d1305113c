import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Logs in, asks who it is and logs out with both of the JDK's clients; prints an answer a line. */
public class JavaClient {
  public static void main(String[] args) throws Exception {
    HttpClient client = HttpClient.newBuilder().cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL)).build();
    for (String[] call : calls()) {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(args[0] + call[1])).method(call[0], HttpRequest.BodyPublishers.noBody());
      if (call[1].endsWith("login")) request.header("username-4D", "jsmith").header("password-4D", "smith");
      System.out.println(client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body());
    }
    CookieHandler.setDefault(new CookieManager(null, CookiePolicy.ACCEPT_ALL));
    for (String[] call : calls()) {
      HttpURLConnection connection = (HttpURLConnection) URI.create(args[0] + call[1]).toURL().openConnection();
      connection.setRequestMethod(call[0]);
      if (call[1].endsWith("login")) {
        connection.setRequestProperty("username-4D", "jsmith");
        connection.setRequestProperty("password-4D", "smith");
        connection.setDoOutput(true);
        connection.getOutputStream().close();
      }
      System.out.println(new String(connection.getInputStream().readAllBytes()));
    }
  }

  private static String[][] calls() {
    String directory = "/rest/$directory/";
    return new String[][] {
      {"POST", directory + "login"}, {"GET", directory + "currentUser"}, {"GET", directory + "logout"}, {"GET", directory + "currentUser"}
    };
  }
}

package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Set;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CaravanCommandTest {

    @Test
    void aCommandHasOnlyItself() {
        for (String name : all()) {
            assertThat(CaravanCommand.commandLine(name, "--help").getSubcommands())
                    .as("the class of a command is named like the command")
                    .containsOnlyKeys(name);
        }
    }

    @Test
    void helpListsAllCommands() {
        assertThat(CaravanCommand.commandLine("--help").getSubcommands().keySet())
                .isEqualTo(all())
                .contains("run", "ls", "serve", "verify");
        assertThat(error("unheard-of")).contains("Unmatched argument at index 0: 'unheard-of'");
        assertThat(error("RUN")).contains("Unmatched argument at index 0: 'RUN'");
        assertThat(error("serv")).contains("serve");
    }

    private static Set<String> all() {
        return CaravanCommand.commandLine().getSubcommands().keySet();
    }

    private static String error(String... args) {
        StringWriter err = new StringWriter();
        assertThat(CaravanCommand.commandLine(args).setErr(new PrintWriter(err)).execute(args))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        return err.toString();
    }
}

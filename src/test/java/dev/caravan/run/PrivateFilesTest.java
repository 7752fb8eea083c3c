package dev.caravan.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFilesTest {

    @TempDir
    private Path directory;

    private static String permissions(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void onlyTheOwnerCanReadWhatIsMade() throws Exception {
        Path made = PrivateFiles.createDirectories(directory.resolve("data/warehouse"));
        assertThat(permissions(made)).isEqualTo("rwx------");
        assertThat(permissions(PrivateFiles.createFile(made.resolve("file")))).isEqualTo("rw-------");
    }

    @Test
    void whatIsThereStaysAsItsOwnerWantsIt() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-x---"));
        PrivateFiles.createDirectories(open);
        assertThat(permissions(open)).isEqualTo("rwxr-x---");
        Path file = PrivateFiles.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> PrivateFiles.createDirectories(file)).isInstanceOf(FileAlreadyExistsException.class);
    }
}

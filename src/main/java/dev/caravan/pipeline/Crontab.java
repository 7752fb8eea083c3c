package dev.caravan.pipeline;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;

/** A crontab expression of five fields. */
final class Crontab implements Cron {

    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private final String text;
    private final ExecutionTime times;

    /**
     * @throws IllegalArgumentException if it is invalid
     */
    Crontab(String text) {
        this.text = text;
        this.times = ExecutionTime.forCron(PARSER.parse(text).validate());
    }

    @Override
    public Optional<LocalDateTime> after(LocalDateTime time) {
        return times.nextExecution(time.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toLocalDateTime);
    }

    @Override
    public Optional<LocalDateTime> before(LocalDateTime time) {
        return times.lastExecution(time.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toLocalDateTime);
    }

    @Override
    public boolean everyHour() {
        return text.split(" ", -1)[1].matches("\\*(/1)?");
    }

    @Override
    public String words() {
        return CronWords.crontab(text);
    }
}

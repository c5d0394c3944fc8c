from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("reviews", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="blindshare",
            name="ended_at",
            field=models.DateTimeField(null=True, verbose_name="结束时间"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["verdict", "created_at"], name="reviews_review_verdict"),
        ),
    ]

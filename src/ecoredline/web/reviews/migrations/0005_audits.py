"""Places of a run judged blind, so that what was missed is counted; what was said of them stays."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
import ecoredline.web.core.clock
from django.conf import settings
from django.db import migrations, models

from ecoredline.web.core.write_once import guard


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0005_write_once'),
        ('patches', '0006_sources'),
        ('reviews', '0004_sightings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seed', models.PositiveIntegerField(verbose_name='随机种子')),
                ('looks', models.PositiveSmallIntegerField(default=1, verbose_name='判读人数')),
                ('areas_ha', models.JSONField(verbose_name='各层面积（公顷）')),
                ('created_at', models.DateTimeField(default=ecoredline.web.core.clock.now, verbose_name='时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='结束时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='audits', to='patches.run')),
            ],
            options={
                'verbose_name': '漏检抽查',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='AuditPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='序号')),
                ('stratum', models.CharField(max_length=10, verbose_name='层')),
                ('point', django.contrib.gis.db.models.fields.PointField(srid=4490, verbose_name='位置')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='reviews.auditplan')),
            ],
            options={
                'verbose_name': '抽查点',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='AuditWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('nothing', '没有变化'), ('change', '有变化'), ('unclear', '看不清')], max_length=10, verbose_name='结论')),
                ('remark', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('created_at', models.DateTimeField(default=ecoredline.web.core.clock.now, verbose_name='时间')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='words', to='reviews.auditplace')),
            ],
            options={
                'verbose_name': '抽查结论',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='auditplace',
            constraint=models.UniqueConstraint(fields=('plan', 'number'), name='reviews_audit_number'),
        ),
        *guard({'reviews_auditword': ()}),
    ]
